// Small files that a program reads as a whole: its configuration, its secrets.

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "immudb/result.h"

namespace immudb::process {

struct SmallFile {
  std::string text;
  mode_t strangers_mode = 0;  // The bits of all users outside this process's user and group.
  mode_t group_mode = 0;      // Those of the file's group, if it is this process's own.
};

struct SmallFileKind {
  std::string_view name;  // Begins messages: "file", "configuration file".
  std::size_t bytes_max;
};

// Errors: kNotFound, kDenied, kIo (a directory, too); kLimitExceeded. All name the file.
Result<SmallFile> ReadSmallFile(const SmallFileKind& kind, const std::string& path);

}  // namespace immudb::process
