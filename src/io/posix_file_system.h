// The operating system's files. Messages name the path and what the system said.
//
// Error codes: ENOENT is kNotFound, EEXIST kExists, EACCES, EPERM and EROFS kDenied, ENOSPC, EDQUOT
// and EFBIG kExhausted; all else is kIo.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "io/file_system.h"

namespace immudb::io {

// Creates files with mode 0600 and directories with 0700; descriptors are closed on exec.
// Thread-safe.
class PosixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status CreateDirectory(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& path) const override;
  Result<bool> Exists(const std::string& path) const override;
  Status SyncDirectory(const std::string& path) override;
  // flock: the lock belongs to this open of the file, so a second one in this process is refused
  // too, and a child that execs does not hold it.
  Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> LockExisting(const std::string& path) override;
};

}  // namespace immudb::io
