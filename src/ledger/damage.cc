#include "ledger/damage.h"

#include "base/error.h"
#include "base/log.h"
#include "ledger/storage.h"

namespace immudb::ledger {
namespace {

constexpr std::string_view kMarkerName = "damaged";
constexpr std::string_view kRebuildName = "rebuild";
constexpr std::uint64_t kMarkerBytesMax = 64u << 10;

}  // namespace

Result<std::string> ReadDamageMarker(io::FileSystem& files, const std::string& directory) {
  const std::string path = io::JoinPath(directory, kMarkerName);
  IMMUDB_ASSIGN(const bool exists, files.Exists(path));
  if (!exists) return std::string();
  IMMUDB_ASSIGN(const Bytes content, io::ReadFile(files, path, kMarkerBytesMax));
  if (content.empty()) return std::string("the marker file says so");
  return std::string(content.begin(), content.end());
}

void MarkDamaged(io::FileSystem& files, Storage& storage, const std::string& what) {
  if (storage.damaged.exchange(true)) return;
  Log(LogLevel::kError,
      "ledger {}: damage in acknowledged entries: {}; it takes no writes and gives no roots or "
      "proofs from now on: restore it from a backup",
      storage.directory, what);
  const Status marked =
      io::ReplaceFile(files, io::JoinPath(storage.directory, kMarkerName), AsBytes(what));
  if (!marked) {
    Log(LogLevel::kError, "ledger {}: the damage could not be marked: {}", storage.directory,
        marked.error().message);
  }
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

Error DamagedError(const Storage& storage) {
  return Fail(Code::kCorrupted, "ledger {} has damage in acknowledged entries", storage.directory);
}

}  // namespace immudb::ledger
