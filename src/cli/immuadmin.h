// The program immuadmin: one command, and its exit code.

#pragma once

#include <span>

#include "process/options.h"

namespace immudb::cli {

// Runs the command that `words`, the program's arguments, name, and returns the exit code: as
// RunTool.
int RunImmuadmin(std::span<char* const> words, const process::Environment& environment);

}  // namespace immudb::cli
