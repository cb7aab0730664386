// A view of another file system that nothing can be changed through, whatever a caller tries: for
// code that only looks, and shares its readers with code that writes.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/file_system.h"

namespace immudb::io {

// Every open is for reading, with whatever mode it is asked for, and creates nothing; a write and
// every change of names is refused with kDenied; what would make changes durable has nothing to do.
// Thread-safe, if the hook is.
class ReadOnlyFileSystem : public FileSystem {
 public:
  // Is told of each read of a file after it, with the bytes that were read; it may wait. An error
  // is the read's.
  using AfterRead = std::function<Status(std::uint64_t bytes)>;

  // `files` must outlive it and the files it opened. A null hook: nobody is told.
  explicit ReadOnlyFileSystem(FileSystem& files, AfterRead after_read = nullptr)
      : files_(files), after_read_(std::move(after_read)) {}

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status CreateDirectory(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& path) const override {
    return files_.List(path);
  }
  Result<bool> Exists(const std::string& path) const override { return files_.Exists(path); }
  Status SyncDirectory(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& path) override;
  Result<std::unique_ptr<DirectoryLock>> LockExisting(const std::string& path) override {
    return files_.LockExisting(path);
  }

 private:
  FileSystem& files_;
  const AfterRead after_read_;
};

}  // namespace immudb::io
