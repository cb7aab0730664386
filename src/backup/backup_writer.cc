#include "backup/backup_writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "crypto/sha256.h"

namespace immudb::backup {
namespace {

constexpr std::int64_t kMicrosecondsPerSecond = 1'000'000;

}  // namespace

Status BackupWriter::Write(std::string_view database, BytesView bytes) {
  if (!left_) {
    head_.insert(head_.end(), bytes.begin(), bytes.end());
    IMMUDB_ASSIGN(const std::optional<std::size_t> manifest_bytes,
                  ledger::SnapshotManifestBytes(head_));
    if (!manifest_bytes || head_.size() < *manifest_bytes) return {};
    IMMUDB_TRY(Begin(database, *manifest_bytes));
    const Bytes head = std::exchange(head_, {});
    return Write(database, head);
  }
  if (bytes.size() > *left_) {
    return Fail(Code::kCorrupted, "the snapshot of {} is longer than it says", database);
  }
  *left_ -= bytes.size();
  return archive_.Write(bytes);
}

Status BackupWriter::Begin(std::string_view database, std::size_t manifest_bytes) {
  IMMUDB_ASSIGN(const ledger::SnapshotManifest manifest,
                ledger::DecodeSnapshotManifest(BytesView(head_).first(manifest_bytes)));
  IMMUDB_ASSIGN(const DatabaseOrder::Place place, order_.Next(manifest));
  if (place.database != database) {
    return Fail(Code::kCorrupted, "the snapshot of {} is one of {}", database, place.database);
  }
  left_ = manifest_bytes + manifest.log_bytes;
  return archive_.Begin({.name = place.member,
                         .bytes = *left_,
                         .modified_s = manifest.taken_us / kMicrosecondsPerSecond});
}

Status BackupWriter::EndDatabase() {
  if (left_ != std::uint64_t{0}) {
    return Fail(Code::kCorrupted, "a snapshot is shorter than it says");
  }
  left_.reset();
  return {};
}

Status BackupWriter::Finish() {
  IMMUDB_CHECK(!left_);
  if (!order_.is_complete()) return Fail(Code::kCorrupted, "the backup has no audit trail");
  const Bytes manifest = EncodeBackupManifest(order_);
  digest_ = crypto::Sha256(manifest);
  IMMUDB_TRY(
      archive_.Begin({.name = std::string(kManifestName),
                      .bytes = manifest.size(),
                      .modified_s = order_.manifests().back().taken_us / kMicrosecondsPerSecond}));
  IMMUDB_TRY(archive_.Write(manifest));
  return archive_.End();
}

}  // namespace immudb::backup
