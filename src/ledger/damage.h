// Damage in acknowledged entries, remembered over restarts by a marker file in the ledger's folder.
//
// A damaged ledger refuses writes, roots and proofs, for they could only be wrong or prove what is
// not there; entries whose checksums hold can still be read.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "immudb/result.h"
#include "index/version.h"
#include "io/file_system.h"
#include "log/log.h"

namespace immudb::ledger {

struct Storage;

// Ledgers whose damage could not be marked on the disk: as long as the process lives, it knows, and
// such a ledger takes no writes when it is opened again. Thread-safe.
class UnmarkedDamage {
 public:
  void Add(const std::string& directory, const std::string& what);
  void Remove(const std::string& directory);
  // What is damaged, if anything is.
  std::optional<std::string> Find(const std::string& directory) const;

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::string> what_ IMMUDB_GUARDED_BY(mutex_);
};

// The text of the marker, if there is one. Errors: kIo.
Result<std::string> ReadDamageMarker(io::FileSystem& files, const std::string& directory);

// Marks the ledger as damaged, in memory and on disk; only the first call writes. A marker that
// cannot be written is reported, and remembered for the life of the process; RetryDamageMarker
// writes it later.
void MarkDamaged(io::FileSystem& files, Storage& storage, const std::string& what);

// Writes the marker if it could not be written before. Errors: of writing it, reported before.
Status RetryDamageMarker(io::FileSystem& files, const Storage& storage);

// Reads the entry at `position`, as the offsets have it. If it is not there, looks where the log
// has it: then the offsets are to be rebuilt. If the log has it nowhere, the ledger is damaged.
// `bytes_hint` is how long it may be, as for Log::ReadEntry, whose errors it has; noted, if they
// tell of damage.
Result<log::StoredEntry> ReadStored(io::FileSystem& files, Storage& storage,
                                    log::LogPosition position, LeafIndex index,
                                    std::size_t bytes_hint);

// Notes, in memory and on disk, that derived files must be rebuilt at the next opening; only the
// first call writes. Entries, and what is acknowledged, are not concerned.
void MarkForRebuild(io::FileSystem& files, Storage& storage, const std::string& what);

// True if MarkForRebuild was called before. Errors: kIo.
Result<bool> RebuildIsMarked(io::FileSystem& files, const std::string& directory);

// Forgets the mark, once the rebuilt files are durable.
Status ClearRebuildMark(io::FileSystem& files, const std::string& directory);

// Whether `newest`, what the index knows as the newest version of a key, is that: an entry that was
// lost to damage before the index knew its key may be a newer one. No version: the same for a key
// that the index does not know, or for all keys at once.
// Errors: kCorrupted.
Status CheckIsNewest(const Storage& storage, const std::optional<index::Version>& newest);

// What a refused call answers.
Error DamagedError(const Storage& storage);

}  // namespace immudb::ledger
