// A fuzz target: the bytes of the small files beside the databases. What is accepted says what its
// encoding says.
//
// The first byte chooses the file, and whether its checksum is made to fit, which chance never
// does.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/file_frame.h"
#include "base/testing/fuzz_target.h"
#include "catalog/databases_file.h"
#include "catalog/server_id.h"
#include "catalog/signed_root.h"
#include "log/meta.h"

namespace immudb::catalog {
namespace {

// Whether two files differ in what a reader passes over only: the features that it need not know,
// `ignored` bytes from 12 on, and with them the checksum.
bool SameButFeatures(Bytes one, Bytes other, std::size_t ignored) {
  if (one.size() != other.size()) return false;
  for (Bytes* each : {&one, &other}) {
    std::fill_n(&(*each)[12], ignored, std::uint8_t{0});
    each->resize(each->size() - kFrameTrailerBytes);
  }
  return one == other;
}

template <typename T>
void CheckRefusal(const Result<T>& result) {
  IMMUDB_CHECK(result.error().code == Code::kCorrupted ||
               result.error().code == Code::kUnsupported);
}

void TryDatabases(const Bytes& file) {
  const Result<DatabasesFile> databases = DecodeDatabases(file);
  if (!databases) return CheckRefusal(databases);
  const Bytes encoded = EncodeDatabases(*databases);
  IMMUDB_CHECK(*DecodeDatabases(encoded) == *databases);
  IMMUDB_CHECK(SameButFeatures(file, encoded, 8));
}

void TrySignedRoot(const Bytes& file) {
  const Result<TreeHead> head = DecodeSignedRoot(file);
  if (!head) return CheckRefusal(head);
  const Bytes encoded = EncodeSignedRoot(*head);
  IMMUDB_CHECK(*DecodeSignedRoot(encoded) == *head);
  IMMUDB_CHECK(SameButFeatures(file, encoded, 8));
}

void TryMeta(const Bytes& file) {
  const Result<log::Meta> meta = log::DecodeMeta(file);
  if (!meta) return CheckRefusal(meta);
  const Bytes encoded = log::EncodeMeta(*meta);
  IMMUDB_CHECK(*log::DecodeMeta(encoded) == *meta);
  IMMUDB_CHECK(SameButFeatures(file, encoded, 4));
}

void TryServerId(const Bytes& bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (const Result<ServerId> parsed = ParseServerId(text)) {
    IMMUDB_CHECK(ServerIdText(*parsed) == text);
  }
  ServerId id{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), id.size()), id.begin());
  IMMUDB_CHECK(*ParseServerId(ServerIdText(id)) == id);
}

}  // namespace

void FuzzSmallFiles(BytesView bytes) {
  FuzzInput input(bytes);
  const std::uint8_t choice = input.Byte();
  Bytes file(input.rest().begin(), input.rest().end());
  if (choice % 8 >= 4) EndFramedFile(file);
  switch (choice % 4) {
    case 0: return TryDatabases(file);
    case 1: return TrySignedRoot(file);
    case 2: return TryMeta(file);
    default: return TryServerId(file);
  }
}

}  // namespace immudb::catalog

IMMUDB_FUZZ_TARGET(SmallFilesFuzzTest, "catalog_small_files", immudb::catalog::FuzzSmallFiles)
