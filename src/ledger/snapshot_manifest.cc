#include "ledger/snapshot_manifest.h"

#include <algorithm>
#include <string_view>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/file_frame.h"
#include "base/hex.h"
#include "crypto/ecdsa.h"
#include "log/record.h"

namespace immudb::ledger {
namespace {

constexpr FileFrame kFrame{.name = "the snapshot", .magic = "immuSNAP", .version = 1};

// Offsets.
constexpr std::size_t kManifestBytesAt = kFrameHeaderBytes;
constexpr std::size_t kMetaBytesAt = kManifestBytesAt + 4;
constexpr std::size_t kSizeAt = kMetaBytesAt + 4;
constexpr std::size_t kRootAt = kSizeAt + 8;
constexpr std::size_t kLogBytesAt = kRootAt + sizeof(Digest);
constexpr std::size_t kTakenAt = kLogBytesAt + 8;
constexpr std::size_t kKeyBytesAt = kTakenAt + 8;
constexpr std::size_t kSignatureBytesAt = kKeyBytesAt + 2;
constexpr std::size_t kMetaAt = kSignatureBytesAt + 2;

constexpr std::size_t kKeyBytesMax = 1024;  // Of a signature, too.
static_assert(kMetaAt + log::kMetaBytesMax + 2 * kKeyBytesMax + kFrameTrailerBytes <=
              kSnapshotManifestBytesMax);

Error Damaged(std::string_view what) {
  return Fail(Code::kCorrupted, "{} is damaged: {}", kFrame.name, what);
}

}  // namespace

Bytes EncodeSnapshotManifest(const SnapshotManifest& manifest) {
  IMMUDB_CHECK(manifest.public_key.size() <= kKeyBytesMax);
  IMMUDB_CHECK(manifest.signature.size() <= kKeyBytesMax);
  const Bytes meta = log::EncodeMeta(manifest.meta);
  Bytes out = BeginFramedFile(kFrame);
  out.resize(kMetaAt);
  PutU32(out.data() + kMetaBytesAt, static_cast<std::uint32_t>(meta.size()));
  PutU64(out.data() + kSizeAt, manifest.head.size.value);
  std::copy(manifest.head.root.begin(), manifest.head.root.end(), out.begin() + kRootAt);
  PutU64(out.data() + kLogBytesAt, manifest.log_bytes);
  PutLittle(out.data() + kTakenAt, manifest.taken_us);
  PutU16(out.data() + kKeyBytesAt, static_cast<std::uint16_t>(manifest.public_key.size()));
  PutU16(out.data() + kSignatureBytesAt, static_cast<std::uint16_t>(manifest.signature.size()));
  for (const Bytes* part : {&meta, &manifest.public_key, &manifest.signature}) {
    out.insert(out.end(), part->begin(), part->end());
  }
  PutU32(out.data() + kManifestBytesAt,
         static_cast<std::uint32_t>(out.size() + kFrameTrailerBytes));
  EndFramedFile(out);
  return out;
}

std::string SnapshotStatement(const SnapshotManifest& manifest) {
  // The origin comes last: it is the only part that could hold the end of a line.
  return Text(
      "immudb snapshot 1\nledger {}\nsize {}\nroot {}\nlog bytes {}\ntaken us {}\norigin {}",
      ToHex(manifest.meta.ledger.bytes), manifest.head.size.value, ToHex(manifest.head.root),
      manifest.log_bytes, manifest.taken_us, manifest.meta.origin);
}

bool HasSoundSignature(const SnapshotManifest& manifest) {
  const std::string statement = SnapshotStatement(manifest);
  return !manifest.signature.empty() &&
         crypto::VerifyEcdsa(manifest.public_key, AsBytes(statement), manifest.signature);
}

Result<std::optional<std::size_t>> SnapshotManifestBytes(BytesView bytes) {
  const std::size_t known = std::min(bytes.size(), kFrame.magic.size());
  if (!std::equal(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(known),
                  kFrame.magic.begin())) {
    return Damaged("it does not begin as a snapshot does");
  }
  if (bytes.size() < kMetaBytesAt) return std::optional<std::size_t>();
  const std::size_t manifest_bytes = GetU32(bytes.data() + kManifestBytesAt);
  if (manifest_bytes > kSnapshotManifestBytesMax || manifest_bytes < kMetaAt + kFrameTrailerBytes) {
    return Damaged("its manifest has an impossible length");
  }
  return std::optional<std::size_t>(manifest_bytes);
}

Result<SnapshotManifest> DecodeSnapshotManifest(BytesView bytes) {
  IMMUDB_TRY(ReadFramedFile(bytes, kFrame));
  if (bytes.size() < kMetaAt + kFrameTrailerBytes) return Damaged("it is too short");
  const std::size_t meta_bytes = GetU32(bytes.data() + kMetaBytesAt);
  const std::size_t key_bytes = GetU16(bytes.data() + kKeyBytesAt);
  const std::size_t signature_bytes = GetU16(bytes.data() + kSignatureBytesAt);
  const bool is_whole =
      GetU32(bytes.data() + kManifestBytesAt) == bytes.size() && meta_bytes <= log::kMetaBytesMax &&
      key_bytes <= kKeyBytesMax && signature_bytes <= kKeyBytesMax &&
      kMetaAt + meta_bytes + key_bytes + signature_bytes + kFrameTrailerBytes == bytes.size();
  if (!is_whole) return Damaged("its lengths contradict each other");
  SnapshotManifest manifest{.meta = {},
                            .head = {.size = {GetU64(bytes.data() + kSizeAt)}},
                            .log_bytes = GetU64(bytes.data() + kLogBytesAt),
                            .taken_us = GetLittle<std::int64_t>(bytes.data() + kTakenAt)};
  IMMUDB_ASSIGN(manifest.meta, log::DecodeMeta(bytes.subspan(kMetaAt, meta_bytes)));
  std::copy_n(bytes.begin() + kRootAt, manifest.head.root.size(), manifest.head.root.begin());
  const BytesView key = bytes.subspan(kMetaAt + meta_bytes, key_bytes);
  const BytesView signature = bytes.subspan(kMetaAt + meta_bytes + key_bytes, signature_bytes);
  manifest.public_key.assign(key.begin(), key.end());
  manifest.signature.assign(signature.begin(), signature.end());
  const bool is_possible = manifest.log_bytes % log::kRecordAlignment == 0 &&
                           (manifest.head.size.value == 0) == (manifest.log_bytes == 0);
  if (!is_possible) return Damaged("its size and its length contradict each other");
  return manifest;
}

}  // namespace immudb::ledger
