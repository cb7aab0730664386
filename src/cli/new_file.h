// A file that appears whole or not at all, whatever stops the program: what is written goes to
// NAME.partial, which becomes NAME at the end.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::cli {

// Removes one file if SIGINT, SIGTERM or SIGHUP ends the program while this object lives. One at a
// time, for a signal's handler can be told nothing.
class RemoveOnSignal {
 public:
  // Requires: no other such object lives; the path is at most 4095 bytes long.
  explicit RemoveOnSignal(const std::string& path);
  ~RemoveOnSignal();
  RemoveOnSignal(const RemoveOnSignal&) = delete;
  RemoveOnSignal& operator=(const RemoveOnSignal&) = delete;
};

// Not thread-safe.
class NewFile {
 public:
  // Errors: kExists, naming the file, if `path` exists; kInvalidArgument for a path of more than
  // 4000 bytes; those of FileSystem::Open. A NAME.partial that was left behind is replaced.
  static Result<std::unique_ptr<NewFile>> Create(io::FileSystem& files, const std::string& path);

  // Without Commit nothing is left.
  ~NewFile();
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  // Errors: kExhausted, kIo; the file can then only be given up.
  Status Append(BytesView bytes);

  // Makes the file durable under its own name. Errors: kExists, kIo; nothing is left then, but if
  // only the directory's sync failed.
  Status Commit();

 private:
  NewFile(io::FileSystem& files, std::string path, std::unique_ptr<io::File> file);

  io::FileSystem* files_;
  const std::string path_;
  const std::string partial_path_;
  const RemoveOnSignal guard_;
  std::unique_ptr<io::File> file_;
  Bytes buffer_;
  std::uint64_t written_bytes_ = 0;
  bool is_committed_ = false;
};

}  // namespace immudb::cli
