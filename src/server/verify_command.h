// The command `immudb verify`.

#pragma once

#include "process/command_line.h"
#include "process/options.h"

namespace immudb::server {

inline constexpr int kVerifyExitUsage = 2;

// Runs it and returns the exit code: 0 if everything is what it was, 6 if anything is damaged or
// another root was expected, 1 if that could not be found out, 2 if the command line is wrong.
int RunVerify(const process::CommandLine& line, const process::Environment& environment);

}  // namespace immudb::server
