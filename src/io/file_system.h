// The file operations that everything on disk is built from. Two implementations: the operating
// system's (io/posix_file_system.h) and an in-memory one for tests (io/memory_file_system.h) that
// fails on demand and shows what a power loss leaves; and a view that only reads
// (io/read_only_file_system.h).
//
// Paths are the operating system's; a relative path is relative to the working directory.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::io {

// An open file. Closed by the destructor, which makes nothing durable.
// Thread-safe: reads and writes name their offset and share no cursor.
class File {
 public:
  virtual ~File() = default;

  // Fills `out` from `offset` and returns the number of bytes read; fewer than asked for only at
  // the end of the file. Errors: kIo.
  virtual Result<std::size_t> Read(std::uint64_t offset, std::span<std::uint8_t> out) const = 0;

  // Writes all of `parts`, one after the other, at `offset`. After an error any part of it may have
  // been written. Errors: kExhausted if the disk or quota is full, else kIo.
  virtual Status Write(std::uint64_t offset, std::span<const BytesView> parts) = 0;

  // Returns once every completed write survives a power loss (fdatasync: the size too, if it grew).
  // Errors: kIo. Nobody then knows which writes the disk holds, and a later success proves nothing
  // about them.
  virtual Status Sync() = 0;

  // Errors: kExhausted, kIo.
  virtual Status Truncate(std::uint64_t size_bytes) = 0;

  virtual Result<std::uint64_t> SizeBytes() const = 0;

  Status Write(std::uint64_t offset, BytesView data) {
    return Write(offset, std::span<const BytesView>(&data, 1));
  }
};

enum class OpenMode : std::uint8_t {
  kRead,          // The file must exist. Writes are a bug.
  kReadWrite,     // The file must exist.
  kCreateNew,     // The file must not exist (mode 0600).
  kCreateOrOpen,  // Either.
};

struct DirectoryEntry {
  std::string name;
  bool is_directory;
};

// Held while this object lives; released by the operating system when the process dies.
class DirectoryLock {
 public:
  virtual ~DirectoryLock() = default;
};

// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Errors: kNotFound, kExists, kDenied (permissions), kExhausted, kIo.
  virtual Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;

  // Creates one directory, mode 0700. Errors: kExists, kNotFound (parent), kDenied, kExhausted,
  // kIo.
  virtual Status CreateDirectory(const std::string& path) = 0;

  // Replaces `to` if it exists and both are files. Durable only after SyncDirectory of the parent.
  virtual Status Rename(const std::string& from, const std::string& to) = 0;

  // Removes a file or an empty directory. Errors: kNotFound, kIo.
  virtual Status Remove(const std::string& path) = 0;

  // Returns the entries without "." and "..", sorted by name. Errors: kNotFound, kDenied, kIo.
  virtual Result<std::vector<DirectoryEntry>> List(const std::string& path) const = 0;

  virtual Result<bool> Exists(const std::string& path) const = 0;

  // Makes creations, renames and removals in the directory durable.
  virtual Status SyncDirectory(const std::string& path) = 0;

  // Takes the lock file `path`, creating it if need be. Errors: kUnavailable if another process (or
  // another lock in this one) holds it, kDenied, kIo.
  virtual Result<std::unique_ptr<DirectoryLock>> Lock(const std::string& path) = 0;

  // Lock, for a lock file that exists, which is neither created nor opened for writing.
  // Errors: kNotFound; as Lock.
  virtual Result<std::unique_ptr<DirectoryLock>> LockExisting(const std::string& path) = 0;
};

// Reads a whole file of at most `bytes_max` bytes. Errors: those of Open and Read; kLimitExceeded.
Result<Bytes> ReadFile(FileSystem& files, const std::string& path, std::uint64_t bytes_max);

// Replaces `path` with `data` so that a crash leaves the old or the new content whole: writes
// `path`.tmp, syncs it, renames it, syncs the directory. Errors: of those; `path` is then unchanged
// or, if only the directory's sync failed, either.
Status ReplaceFile(FileSystem& files, const std::string& path, BytesView data);

std::string JoinPath(std::string_view directory, std::string_view name);
// The directory part of `path`; "." if it has none.
std::string ParentPath(std::string_view path);

}  // namespace immudb::io
