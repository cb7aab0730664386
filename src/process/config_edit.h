// Changing one setting in a configuration file that people wrote: every other line stays as it is.

#pragma once

#include <string>
#include <string_view>

#include "immudb/result.h"
#include "io/file_system.h"
#include "process/option.h"

namespace immudb::process {

// The text of a configuration file with `option` set to `value`: in the line where it stands, or in
// a new first line. `path` only names the file in errors.
// Errors: those of ParseConfig; kUnsupported if the setting cannot be changed without changing
// anything else.
Result<std::string> WithSetting(const Program& program, const std::string& path,
                                std::string_view text, std::string_view option, bool value);

// Replaces the file `path` so; after a crash it is the old one or the new one, whole. Errors: those
// of WithSetting, io::ReadFile and io::ReplaceFile, and then the file is as it was.
Status StoreSetting(io::FileSystem& files, const Program& program, const std::string& path,
                    std::string_view option, bool value);

}  // namespace immudb::process
