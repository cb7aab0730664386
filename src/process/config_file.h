// The configuration file: TOML, one key per option, keys in any case of letters.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"
#include "process/option.h"

namespace immudb::process {

// A value as a text that could also stand in the environment, and where it was found.
struct FileValue {
  std::string text;
  unsigned line = 0;
};

using FileValues = std::map<std::string, FileValue, std::less<>>;  // By option name.

// Reads TOML text. `path` only names the file in errors.
// Errors: kInvalidArgument, naming file, line and key: text that is not TOML, a key that is no
// option or stands twice, a value of another type than the option's. Values are not checked
// further.
Result<FileValues> ParseConfig(const Program& program, const std::string& path,
                               std::string_view text);

// Reads the file `path`, whose name must end in ".toml".
// Errors: kNotFound, kDenied, kIo; kUnsupported for another ending; kDenied also if the file holds
// a secret other than the default and users outside this process's group can read it; those of
// ParseConfig.
Result<FileValues> ReadConfigFile(const Program& program, const std::string& path);

// The first file `NAME.toml` in `folders`, or nothing if none of them has one. NAME is the
// program's. Errors: kUnsupported if a folder holds NAME in a format that immudb 0.8.1 read and
// this program does not: ignoring it would drop its settings silently.
Result<std::optional<std::string>> FindConfigFile(const Program& program,
                                                  const std::vector<std::string>& folders);

}  // namespace immudb::process
