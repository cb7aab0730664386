#include "io/file_system.h"

#include "base/error.h"

namespace immudb::io {

Result<Bytes> ReadFile(FileSystem& files, const std::string& path, std::uint64_t bytes_max) {
  IMMUDB_ASSIGN(const auto file, files.Open(path, OpenMode::kRead));
  IMMUDB_ASSIGN(const std::uint64_t size_bytes, file->SizeBytes());
  if (size_bytes > bytes_max) {
    return Fail(Code::kLimitExceeded, "{} has {} bytes, more than {}", path, size_bytes, bytes_max);
  }
  Bytes content(size_bytes);
  IMMUDB_ASSIGN(const std::size_t read_bytes, file->Read(0, content));
  content.resize(read_bytes);
  return content;
}

Status ReplaceFile(FileSystem& files, const std::string& path, BytesView data) {
  const std::string temporary = path + ".tmp";
  {
    IMMUDB_ASSIGN(const auto file, files.Open(temporary, OpenMode::kCreateOrOpen));
    IMMUDB_TRY(file->Truncate(0));
    IMMUDB_TRY(file->Write(0, data));
    IMMUDB_TRY(file->Sync());
  }
  IMMUDB_TRY(files.Rename(temporary, path));
  return files.SyncDirectory(ParentPath(path));
}

std::string JoinPath(std::string_view directory, std::string_view name) {
  std::string path(directory);
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string ParentPath(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  if (slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

}  // namespace immudb::io
