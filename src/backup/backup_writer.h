// Writing a backup: snapshots that somebody brings, one after the other, into an archive.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "backup/archive.h"
#include "backup/backup_format.h"
#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"

namespace immudb::backup {

// Not thread-safe.
class BackupWriter {
 public:
  // `archive` must outlive it.
  explicit BackupWriter(ArchiveWriter& archive) : archive_(archive) {}

  // Takes the next bytes of the snapshot of `database`; the first call begins it.
  // Errors: kCorrupted (no snapshot, of another database, not in its place, longer than it says);
  // kLimitExceeded; those of the archive. The backup can then only be given up.
  Status Write(std::string_view database, BytesView bytes);

  // Ends the snapshot. Errors: kCorrupted if it is shorter than it says.
  Status EndDatabase();

  // Writes the manifest and ends the archive. Errors: kCorrupted without the audit trail; those of
  // the archive.
  Status Finish();

  const DatabaseOrder& order() const { return order_; }
  // The manifest's SHA-256: it stands for everything in the backup. Requires: Finish succeeded.
  const Digest& digest() const { return digest_; }

 private:
  Status Begin(std::string_view database, std::size_t manifest_bytes);

  ArchiveWriter& archive_;
  DatabaseOrder order_;
  Bytes head_;                         // Of the snapshot, as long as its manifest is not whole.
  std::optional<std::uint64_t> left_;  // Of the snapshot, once its manifest is whole.
  Digest digest_{};
};

}  // namespace immudb::backup
