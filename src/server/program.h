// The program `immudb`, from its command line to its exit code.

#pragma once

#include <span>

#include "process/options.h"

namespace immudb::server {

// Runs the program with `words`, its arguments without its own name, and returns its exit code: 0
// after a stop in good order, 1 after any failure, which standard error tells. Words that held a
// secret are overwritten. Call it first in `main`: threads that run already would be killed by the
// signals it waits for.
int RunProgram(std::span<char* const> words, const process::Environment& environment);

}  // namespace immudb::server
