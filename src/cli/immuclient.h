// The program immuclient: one command, and its exit code.

#pragma once

#include <span>

#include "process/options.h"

namespace immudb::cli {

// Exit codes. Scripts depend on them: docs/compatibility.md.
inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotFound = 3;
inline constexpr int kExitDenied = 4;
inline constexpr int kExitUnreachable = 5;
inline constexpr int kExitTampered = 6;

// Runs the command that `words`, the program's arguments, name, and returns the exit code. Results
// go to standard output, everything else to standard error.
int RunImmuclient(std::span<char* const> words, const process::Environment& environment);

}  // namespace immudb::cli
