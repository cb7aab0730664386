// A program of commands, as data: what RunTool needs to read a command line, to explain itself and
// to run one command.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "immudb/client_options.h"
#include "immudb/result.h"
#include "process/option.h"
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

// Commands that are called by two words, such as `user create`.
struct CommandGroup {
  std::string_view name;
  std::vector<std::string_view> aliases;
  std::string_view help;
};

struct Tool {
  std::string_view name;
  std::string_view summary;
  std::span<const process::OptionRow> options;
  std::span<const Command> commands;
  std::span<const CommandGroup> groups = {};
  // How the tool reaches the server. Errors are those of the command line.
  Result<ClientOptions> (*client_options)(const process::Options& options) = nullptr;
  // Which form of results the options ask for.
  Style (*style)(const process::Options& options) = nullptr;
  // What the name of the token file ends with, whatever the option says.
  std::string_view token_file_ending = {};
  // Printed if flags stand before the command; empty: nothing.
  std::string_view order_hint = {};
  int exit_code_without_command = kExitSuccess;
};

// Whether only commands that name the option take it, and `command` is one.
bool Takes(const Command& command, std::string_view option);
// Whether every command takes the option.
bool IsGlobal(const Tool& tool, std::string_view option);
// The words that call the command: "user create".
std::string NameOf(const Command& command);

// Makes the client of `context`, with the session that is kept. For commands that need no server
// and then do; the others have it. Errors: those of the options and of the token file.
Status ConnectTool(Context& context);

// Runs the command that `words`, the program's arguments, name, and returns the exit code. Results
// go to standard output, everything else to standard error.
int RunTool(const Tool& tool, std::span<char* const> words,
            const process::Environment& environment);

}  // namespace immudb::cli
