#include "ledger/snapshot.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "index/manifest.h"
#include "ledger/checkpoint.h"
#include "ledger/opening.h"

namespace immudb::ledger {
namespace {

// A place in the log from which the end of `size` is not far, if the manifest of the derived files
// tells one. It is only a short cut.
log::LogCopy::Boundary StartFor(io::FileSystem& files, const std::string& directory,
                                const log::LedgerId& ledger, TreeSize size) {
  const Result<Bytes> content =
      io::ReadFile(files, io::JoinPath(directory, kManifestName), index::kManifestBytesMax);
  if (!content) return {};
  const Result<index::Manifest> manifest = index::DecodeManifest(*content, ledger.bytes);
  if (!manifest || manifest->edge_index.value > size.value) return {};
  return {.position = {manifest->edge_position}, .next = manifest->edge_index};
}

}  // namespace

Result<std::unique_ptr<SnapshotSource>> SnapshotSource::Open(io::FileSystem& files,
                                                             const std::string& directory,
                                                             const TreeHead& head,
                                                             std::int64_t taken_us) {
  IMMUDB_ASSIGN(const Bytes meta,
                io::ReadFile(files, io::JoinPath(directory, kMetaName), log::kMetaBytesMax));
  SnapshotManifest manifest{.meta = {}, .head = head, .taken_us = taken_us};
  IMMUDB_ASSIGN(manifest.meta, log::DecodeMeta(meta));
  IMMUDB_ASSIGN(std::unique_ptr<log::LogCopy> log,
                log::LogCopy::Open(files, io::JoinPath(directory, kLogName), manifest.meta.ledger));
  if (head.size.value > 0) {
    const auto start = StartFor(files, directory, manifest.meta.ledger, head.size);
    IMMUDB_ASSIGN(const log::LogPosition end, log->FindEnd(start, head.size));
    manifest.log_bytes = end.value;
  }
  return std::unique_ptr<SnapshotSource>(new SnapshotSource(std::move(log), std::move(manifest)));
}

void SnapshotSource::Sign(Bytes public_key, Bytes signature) {
  IMMUDB_CHECK(!has_begun_);
  manifest_.public_key = std::move(public_key);
  manifest_.signature = std::move(signature);
}

Result<Bytes> SnapshotSource::Read(std::size_t bytes_max) {
  IMMUDB_CHECK(bytes_max >= kSnapshotManifestBytesMax);
  if (!has_begun_) {
    has_begun_ = true;
    return EncodeSnapshotManifest(manifest_);
  }
  Bytes bytes(std::min<std::uint64_t>(bytes_max, manifest_.log_bytes - position_.value));
  IMMUDB_ASSIGN(const std::size_t count, log_->Read(position_, bytes));
  if (count != bytes.size()) return Fail(Code::kCorrupted, "the log became shorter");
  position_ = position_ + count;
  return bytes;
}

}  // namespace immudb::ledger
