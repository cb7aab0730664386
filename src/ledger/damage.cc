#include "ledger/damage.h"

#include "base/error.h"
#include "base/log.h"
#include "ledger/checkpoint.h"
#include "ledger/storage.h"

namespace immudb::ledger {
namespace {

constexpr std::string_view kMarkerName = "damaged";
constexpr std::string_view kRebuildName = "rebuild";
constexpr std::uint64_t kMarkerBytesMax = 64u << 10;

// On a full disk, gives up the reserve: nothing is worth more than this.
Status WriteMarker(io::FileSystem& files, const std::string& directory, const std::string& what) {
  const std::string path = io::JoinPath(directory, kMarkerName);
  Status written = io::ReplaceFile(files, path, AsBytes(what));
  if (written || written.error().code != Code::kExhausted) return written;
  if (!files.Remove(io::JoinPath(directory, kReserveName))) return written;
  return io::ReplaceFile(files, path, AsBytes(what));
}

}  // namespace

void UnmarkedDamage::Add(const std::string& directory, const std::string& what) {
  const MutexLock lock(mutex_);
  what_.emplace(directory, what);
}

void UnmarkedDamage::Remove(const std::string& directory) {
  const MutexLock lock(mutex_);
  what_.erase(directory);
}

std::optional<std::string> UnmarkedDamage::Find(const std::string& directory) const {
  const MutexLock lock(mutex_);
  const auto found = what_.find(directory);
  return found == what_.end() ? std::nullopt : std::optional(found->second);
}

Result<std::string> ReadDamageMarker(io::FileSystem& files, const std::string& directory) {
  const std::string path = io::JoinPath(directory, kMarkerName);
  IMMUDB_ASSIGN(const bool exists, files.Exists(path));
  if (!exists) return std::string();
  const Result<Bytes> content = io::ReadFile(files, path, kMarkerBytesMax);
  const bool is_read = content || content.error().code == Code::kLimitExceeded;
  if (!is_read) return content.error();
  if (!content || content->empty()) return std::string("the marker file says so");
  return std::string(content->begin(), content->end());
}

void MarkDamaged(io::FileSystem& files, Storage& storage, const std::string& what) {
  if (storage.damaged.exchange(true)) return;
  Log(LogLevel::kError,
      "ledger {}: damage in acknowledged entries: {}; it takes no writes and gives no roots or "
      "proofs from now on: restore it from a backup",
      storage.directory, what);
  storage.unmarked_damage->Add(storage.directory, what);
  static_cast<void>(RetryDamageMarker(files, storage));
}

Status RetryDamageMarker(io::FileSystem& files, const Storage& storage) {
  const std::optional<std::string> what = storage.unmarked_damage->Find(storage.directory);
  if (!what) return {};
  Status marked = WriteMarker(files, storage.directory, *what);
  if (marked) {
    storage.unmarked_damage->Remove(storage.directory);
    return {};
  }
  Log(LogLevel::kError,
      "ledger {}: it is damaged ({}), and this cannot be written down: {}; it takes no writes as "
      "long as this process lives; do not start it again before the folder can be written to",
      storage.directory, *what, marked.error().message);
  return marked;
}

Result<log::StoredEntry> ReadStored(io::FileSystem& files, Storage& storage,
                                    log::LogPosition position, LeafIndex index,
                                    std::size_t bytes_hint) {
  Result<log::StoredEntry> stored = storage.log->ReadEntry(position, index, bytes_hint);
  if (stored || stored.error().code != Code::kCorrupted || storage.damaged) return stored;
  const Result<log::LogPosition> located = storage.log->Locate(index);
  if (!located && located.error().code == Code::kIo) return located.error();
  if (located && *located != position) {
    Result<log::StoredEntry> found = storage.log->ReadEntry(*located, index);
    if (found) {
      MarkForRebuild(files, storage, Text("the offset of entry {} is wrong", index.value));
      return found;
    }
  }
  MarkDamaged(files, storage, stored.error().message);
  return stored;
}

void MarkForRebuild(io::FileSystem& files, Storage& storage, const std::string& what) {
  if (storage.rebuild_due.exchange(true)) return;
  Log(LogLevel::kError,
      "ledger {}: {}; entries are not concerned, the file is rebuilt from the log when the ledger "
      "is opened again",
      storage.directory, what);
  const Status marked =
      io::ReplaceFile(files, io::JoinPath(storage.directory, kRebuildName), AsBytes(what));
  if (!marked) {
    Log(LogLevel::kError, "ledger {}: the rebuild could not be noted: {}", storage.directory,
        marked.error().message);
  }
}

Result<bool> RebuildIsMarked(io::FileSystem& files, const std::string& directory) {
  return files.Exists(io::JoinPath(directory, kRebuildName));
}

Status ClearRebuildMark(io::FileSystem& files, const std::string& directory) {
  IMMUDB_TRY(files.Remove(io::JoinPath(directory, kRebuildName)));
  return files.SyncDirectory(directory);
}

Status CheckIsNewest(const Storage& storage, const std::optional<index::Version>& newest) {
  const LeafIndex unknown_below = storage.keys_unknown_below;
  const bool certain =
      newest ? newest->index.value + 1 >= unknown_below.value : unknown_below == LeafIndex{};
  return certain ? Status() : Status(DamagedError(storage));
}

Error DamagedError(const Storage& storage) {
  return Fail(Code::kCorrupted, "ledger {} has damage in acknowledged entries", storage.directory);
}

}  // namespace immudb::ledger
