// A fuzz target: the bytes of a manifest. What is accepted says what its encoding says.
//
// The first byte chooses whether the checksum is made to fit, which chance never does.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/testing/fuzz_target.h"
#include "index/manifest.h"

namespace immudb::index {
namespace {

constexpr LedgerId kLedger = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7,
                              0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf};
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kHeadBytes = 144;
constexpr std::size_t kRunBytes = 56;

// What a reader passes over: compatible features, and bytes that are zero today.
void ClearIgnored(Bytes& file) {
  std::fill_n(&file[12], 4, std::uint8_t{0});
  std::fill_n(&file[132], 12, std::uint8_t{0});
  for (std::size_t at = kHeadBytes; at + kRunBytes <= file.size(); at += kRunBytes) {
    std::fill_n(&file[at + 52], 4, std::uint8_t{0});
  }
}

void Reseal(Bytes& file) {
  const std::size_t covered = file.size() - kChecksumBytes;
  PutU32(file.data() + covered, Crc32c(0, BytesView(file).first(covered)));
}

}  // namespace

void FuzzManifest(BytesView bytes) {
  FuzzInput input(bytes);
  const bool seals = input.Byte() % 2 == 0;
  Bytes file(input.rest().begin(), input.rest().end());
  if (seals && file.size() >= kChecksumBytes) Reseal(file);
  const Result<Manifest> manifest = DecodeManifest(file, kLedger);
  if (!manifest) {
    IMMUDB_CHECK(manifest.error().code == Code::kCorrupted ||
                 manifest.error().code == Code::kUnsupported);
    return;
  }
  const Result<Bytes> encoded = EncodeManifest(*manifest);
  IMMUDB_CHECK(encoded.has_value());
  const Result<Manifest> again = DecodeManifest(*encoded, kLedger);
  IMMUDB_CHECK(again.has_value());
  IMMUDB_CHECK(*again == *manifest);
  ClearIgnored(file);
  Reseal(file);
  IMMUDB_CHECK(file == *encoded);
}

}  // namespace immudb::index

IMMUDB_FUZZ_TARGET(ManifestFuzzTest, "index_manifest", immudb::index::FuzzManifest)
