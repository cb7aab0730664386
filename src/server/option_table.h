// Every option of the server program `immudb`, with the commands it knows.

#pragma once

#include <string_view>

#include "process/option.h"

namespace immudb::server {

// A command, also named by the options that are for it alone.
inline constexpr std::string_view kVerifyCommand = "verify";

// The one table: flags, environment, configuration file, checks and help text all come from it.
// Source: names, variables and defaults are those of immudb 0.8.1 where it has the option.
const process::Program& ServerProgram();

}  // namespace immudb::server
