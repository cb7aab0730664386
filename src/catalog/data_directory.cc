#include "catalog/data_directory.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "catalog/databases_file.h"
#include "catalog/names.h"

namespace immudb::catalog {
namespace {

constexpr std::string_view kLockFile = "lock";
constexpr std::string_view kUsersFile = "users";
constexpr std::string_view kDatabasesFile = "databases";
constexpr std::string_view kIdentifierFile = "immudb.identifier";
// Far more than a server's users or databases take up; a larger file is not ours.
constexpr std::uint64_t kFileBytesMax = 256u << 20;

// Files of Badger, the storage engine of immudb 0.8.1.
bool IsBadgerFile(std::string_view name) {
  return name == "MANIFEST" || name == "KEYREGISTRY" || name.ends_with(".vlog") ||
         name.ends_with(".sst");
}

// Refuses a folder of immudb 0.8.1: such files lie in the folders of its databases.
Status RefuseForeignData(const io::FileSystem& files, const std::string& path) {
  std::vector<std::string> folders = {path};
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(path));
  for (const io::DirectoryEntry& entry : entries) {
    if (entry.is_directory) folders.push_back(io::JoinPath(path, entry.name));
  }
  for (const std::string& folder : folders) {
    IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> inside, files.List(folder));
    const auto foreign = std::find_if(inside.begin(), inside.end(), [](const auto& entry) {
      return !entry.is_directory && IsBadgerFile(entry.name);
    });
    if (foreign == inside.end()) continue;
    return Fail(Code::kUnsupported,
                "{} holds data of the original immudb ({}); nothing was changed. Choose an empty "
                "folder, and see \"Migration\" in docs/compatibility.md for how to bring data over",
                path, io::JoinPath(folder, foreign->name));
  }
  return {};
}

Status CreateWithParents(io::FileSystem& files, const std::string& path) {
  Status created = files.CreateDirectory(path);
  if (created || created.error().code == Code::kExists) return {};
  const std::string parent = io::ParentPath(path);
  if (created.error().code != Code::kNotFound || parent == path) return created;
  IMMUDB_TRY(CreateWithParents(files, parent));
  return files.CreateDirectory(path);
}

// Makes the folder itself durable. All its parents, because an earlier start may have created them
// and been cut short; those that may not be opened were made by somebody else.
Status SyncParents(io::FileSystem& files, const std::string& path) {
  const std::string parent = io::ParentPath(path);
  if (parent == path) return {};
  Status synced = files.SyncDirectory(parent);
  if (!synced && synced.error().code != Code::kDenied) return synced;
  return SyncParents(files, parent);
}

Error CannotUse(const std::string& path, const Error& cause) {
  if (cause.code == Code::kUnavailable) {
    return Fail(cause.code, "data directory {} is in use by another process", path);
  }
  if (cause.code == Code::kDenied) {
    return Fail(cause.code, "data directory {} cannot be used: {}", path, cause.message);
  }
  return cause;
}

}  // namespace

Result<std::unique_ptr<DataDirectory>> DataDirectory::Take(io::FileSystem& files,
                                                           std::string path) {
  const Status created = CreateWithParents(files, path);
  if (!created) return CannotUse(path, created.error());
  const Status ours = RefuseForeignData(files, path);
  if (!ours) return CannotUse(path, ours.error());
  IMMUDB_ASSIGN(const bool is_complete, files.Exists(io::JoinPath(path, kUsersFile)));
  if (!is_complete) IMMUDB_TRY(SyncParents(files, path));
  auto lock = files.Lock(io::JoinPath(path, kLockFile));
  if (!lock) return CannotUse(path, lock.error());
  return std::unique_ptr<DataDirectory>(
      new DataDirectory(files, std::move(path), *std::move(lock)));
}

Result<std::unique_ptr<DataDirectory>> DataDirectory::TakeToRead(io::FileSystem& files,
                                                                 std::string path) {
  const Status ours = RefuseForeignData(files, path);
  if (!ours && ours.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "there is no data directory {}", path);
  }
  if (!ours) return CannotUse(path, ours.error());
  bool has_any = false;
  for (const std::string_view name : {std::string_view(kUsersFile), kDefaultDatabase}) {
    IMMUDB_ASSIGN(const bool exists, files.Exists(io::JoinPath(path, name)));
    has_any = has_any || exists;
  }
  if (!has_any) return Fail(Code::kNotFound, "{} is no data directory of immudb", path);
  auto lock = files.LockExisting(io::JoinPath(path, kLockFile));
  if (!lock && lock.error().code != Code::kNotFound) return CannotUse(path, lock.error());
  return std::unique_ptr<DataDirectory>(
      new DataDirectory(files, std::move(path), lock ? *std::move(lock) : nullptr));
}

std::string DataDirectory::DatabasePath(const std::string& name) const {
  return io::JoinPath(path_, name);
}

Result<bool> DataDirectory::HasDatabase(const std::string& name) const {
  return files_.Exists(DatabasePath(name));
}

Result<std::optional<Bytes>> DataDirectory::ReadOptional(std::string_view name) const {
  const std::string path = io::JoinPath(path_, name);
  Result<Bytes> file = io::ReadFile(files_, path, kFileBytesMax);
  if (file) return std::optional<Bytes>(*std::move(file));
  if (file.error().code == Code::kNotFound) return std::optional<Bytes>();
  if (file.error().code == Code::kLimitExceeded) {
    return Fail(Code::kCorrupted, "{} is larger than any {} file can be", path, name);
  }
  return file.error();
}

Result<std::optional<Bytes>> DataDirectory::ReadUsers() const {
  return ReadOptional(kUsersFile);
}

Status DataDirectory::StoreUsers(BytesView file) {
  return io::ReplaceFile(files_, io::JoinPath(path_, kUsersFile), file);
}

Result<std::optional<Bytes>> DataDirectory::ReadDatabases() const {
  return ReadOptional(kDatabasesFile);
}

Status DataDirectory::StoreDatabases(BytesView file) {
  return io::ReplaceFile(files_, io::JoinPath(path_, kDatabasesFile), file);
}

Result<std::vector<std::uint32_t>> DataDirectory::ListDatabaseFolders() const {
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files_.List(path_));
  std::vector<std::uint32_t> numbers;
  for (const io::DirectoryEntry& entry : entries) {
    std::uint32_t number = 0;
    std::string_view digits = entry.name;
    if (!entry.is_directory || !digits.starts_with("db-")) continue;
    digits.remove_prefix(3);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    // Only a name that DatabaseFolder gives is one of ours.
    if (DatabaseFolder(number) == entry.name) numbers.push_back(number);
  }
  return numbers;
}

Result<std::optional<ServerId>> DataDirectory::ReadServerId() const {
  const std::string path =
      io::JoinPath(DatabasePath(std::string(kDefaultDatabase)), kIdentifierFile);
  ServerId id{};
  Result<Bytes> file = io::ReadFile(files_, path, id.size());
  if (!file && file.error().code == Code::kNotFound) return std::optional<ServerId>();
  if (!file && file.error().code != Code::kLimitExceeded) return file.error();
  if (!file || file->size() != id.size()) {
    return Fail(Code::kCorrupted, "{} does not hold {} bytes, so it is no server identifier", path,
                id.size());
  }
  std::copy(file->begin(), file->end(), id.begin());
  return std::optional<ServerId>(id);
}

Status DataDirectory::StoreServerId(const ServerId& id) {
  const std::string path =
      io::JoinPath(DatabasePath(std::string(kDefaultDatabase)), kIdentifierFile);
  return io::ReplaceFile(files_, path, id);
}

}  // namespace immudb::catalog
