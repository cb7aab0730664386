// The file that tells init scripts which process to signal.

#pragma once

#include <memory>
#include <string>

#include "immudb/result.h"

namespace immudb::process {

// Exists while this object does. Not thread-safe.
class PidFile {
 public:
  // Writes this process's number to `path`: decimal, no newline, mode 0644. Makes the parent folder
  // (0755) if it is missing. A file left behind by a process that has ended, or whose number now
  // belongs to another program, is replaced.
  // Errors: kExists if a living process of this program owns it; kInvalidArgument for a path that
  // names no file; kDenied, kIo. Source: texts of immudb 0.8.1, which never removed the file.
  static Result<std::unique_ptr<PidFile>> Create(const std::string& path);

  // Removes the file if it still holds this process's number.
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

 private:
  explicit PidFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace immudb::process
