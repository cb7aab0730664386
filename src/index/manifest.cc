#include "index/manifest.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::index {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'i', 'm', 'm', 'u', 'M', 'A', 'N', 0};
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 144;
constexpr std::size_t kRunBytes = 56;
constexpr std::size_t kChecksumBytes = 4;
static_assert(kHeadBytes + kManifestRunsMax * kRunBytes + kChecksumBytes <= kManifestBytesMax);

void EncodeRun(const RunInfo& run, std::uint8_t* out) {
  PutU64(out, run.number);
  PutU64(out + 8, run.from.value);
  PutU64(out + 16, run.to.value);
  PutU64(out + 24, run.entries);
  PutU64(out + 32, run.keys);
  PutU64(out + 40, run.bytes);
  PutU32(out + 48, run.checksum);  // Followed by four zero bytes.
}

RunInfo DecodeRun(const std::uint8_t* in) {
  return {.number = GetU64(in),
          .from = LeafIndex{GetU64(in + 8)},
          .to = LeafIndex{GetU64(in + 16)},
          .entries = GetU64(in + 24),
          .keys = GetU64(in + 32),
          .bytes = GetU64(in + 40),
          .checksum = GetU32(in + 48)};
}

bool RunsCover(const std::vector<RunInfo>& runs, TreeSize size) {
  std::uint64_t to = 0;
  for (const RunInfo& run : runs) {
    const bool plausible = run.number > 0 && run.from.value == to && run.to.value > to &&
                           run.entries > 0 && run.entries <= run.to.value - to && run.keys > 0 &&
                           run.keys <= run.entries && run.bytes <= kRunBytesMax &&
                           run.bytes % kBlockBytes == 0;
    if (!plausible) return false;
    to = run.to.value;
  }
  return to == size.value;
}

bool IsConsistent(const Manifest& manifest) {
  const bool keys_possible =
      manifest.keys == Manifest::kKeysUnknown || manifest.keys <= manifest.checkpoint.size.value;
  return manifest.edge_position <= manifest.log_position &&
         manifest.edge_index.value <= manifest.checkpoint.size.value &&
         manifest.log_position <= manifest.log_durable_end && keys_possible &&
         RunsCover(manifest.runs, manifest.checkpoint.size);
}

}  // namespace

Result<Bytes> EncodeManifest(const Manifest& manifest) {
  if (manifest.runs.size() > kManifestRunsMax) {
    return Fail(Code::kLimitExceeded, "{} runs are too many for a manifest", manifest.runs.size());
  }
  IMMUDB_CHECK(IsConsistent(manifest));
  Bytes out(kHeadBytes + manifest.runs.size() * kRunBytes + kChecksumBytes);
  std::memcpy(&out[0], kMagic.data(), kMagic.size());
  PutU32(&out[8], kVersion);  // Followed by three words of feature bits, all zero.
  std::memcpy(&out[24], manifest.ledger.data(), manifest.ledger.size());
  PutU64(&out[40], manifest.checkpoint.size.value);
  std::memcpy(&out[48], manifest.checkpoint.root.data(), manifest.checkpoint.root.size());
  PutU64(&out[80], manifest.log_position);
  PutU64(&out[88], manifest.edge_position);
  PutU64(&out[96], manifest.edge_index.value);
  PutU64(&out[104], manifest.log_durable_end);
  PutLittle(&out[112], manifest.last_time_us);
  PutU64(&out[120], manifest.keys);
  PutU32(&out[128], static_cast<std::uint32_t>(manifest.runs.size()));  // Twelve zero bytes follow.
  for (std::size_t i = 0; i < manifest.runs.size(); i++) {
    EncodeRun(manifest.runs[i], &out[kHeadBytes + i * kRunBytes]);
  }
  const std::size_t end = out.size() - kChecksumBytes;
  PutU32(&out[end], Crc32c(0, BytesView(out).first(end)));
  return out;
}

Result<Manifest> DecodeManifest(BytesView bytes, const LedgerId& ledger) {
  if (bytes.size() < kHeadBytes + kChecksumBytes || bytes.size() > kManifestBytesMax) {
    return Fail(Code::kCorrupted, "no manifest has {} bytes", bytes.size());
  }
  if (std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return Fail(Code::kCorrupted, "not a manifest");
  }
  const std::size_t end = bytes.size() - kChecksumBytes;
  if (GetU32(&bytes[end]) != Crc32c(0, bytes.first(end))) {
    return Fail(Code::kCorrupted, "checksum of the manifest is wrong");
  }
  if (GetU32(&bytes[8]) != kVersion) {
    return Fail(Code::kUnsupported, "manifest of format version {}", GetU32(&bytes[8]));
  }
  if (GetU32(&bytes[16]) != 0 || GetU32(&bytes[20]) != 0) {
    return Fail(Code::kUnsupported, "manifest with features this version does not know");
  }
  const std::uint64_t run_count = GetU32(&bytes[128]);
  if (run_count > kManifestRunsMax || end != kHeadBytes + run_count * kRunBytes) {
    return Fail(Code::kCorrupted, "manifest of {} bytes with {} runs", bytes.size(), run_count);
  }
  Manifest manifest;
  std::memcpy(manifest.ledger.data(), &bytes[24], manifest.ledger.size());
  if (manifest.ledger != ledger) return Fail(Code::kCorrupted, "manifest of another ledger");
  manifest.checkpoint.size.value = GetU64(&bytes[40]);
  std::memcpy(manifest.checkpoint.root.data(), &bytes[48], manifest.checkpoint.root.size());
  manifest.log_position = GetU64(&bytes[80]);
  manifest.edge_position = GetU64(&bytes[88]);
  manifest.edge_index.value = GetU64(&bytes[96]);
  manifest.log_durable_end = GetU64(&bytes[104]);
  manifest.last_time_us = GetLittle<std::int64_t>(&bytes[112]);
  manifest.keys = GetU64(&bytes[120]);
  manifest.runs.reserve(run_count);
  for (std::size_t i = 0; i < run_count; i++) {
    manifest.runs.push_back(DecodeRun(&bytes[kHeadBytes + i * kRunBytes]));
  }
  if (!IsConsistent(manifest)) return Fail(Code::kCorrupted, "manifest contradicts itself");
  return manifest;
}

}  // namespace immudb::index
