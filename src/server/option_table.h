// Every option of the server program `immudb`, with the commands it knows.

#pragma once

#include "process/option.h"

namespace immudb::server {

// The one table: flags, environment, configuration file, checks and help text all come from it.
// Source: names, variables and defaults are those of immudb 0.8.1 where it has the option.
const process::Program& ServerProgram();

}  // namespace immudb::server
