// The command line of a program, in the grammar that users of immudb 0.8.1 and its unit files know:
//
//   --name value   --name=value   -n value   -nvalue   -n=value   --switch   --switch=false   -ab
//
// Flags may stand before and after the command; the last of two equal flags counts; after `--` no
// word is a flag.

#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"
#include "process/option.h"

namespace immudb::process {

struct CommandLine {
  std::string command;                                     // Empty: none was named.
  std::vector<std::string> arguments;                      // The words after the command.
  std::map<std::string, std::string, std::less<>> values;  // Text by option name, not checked yet.
  bool wants_help = false;
};

// Reads `words`, the program's arguments without its own name. The words that carried a secret are
// overwritten in place, so that a list of processes stops showing it. A word equal to `--help` or
// `-h` asks for help.
// Errors: kNotFound for an unknown command, kInvalidArgument for an unknown flag or a flag without
// its value; secrets are overwritten then, too, and no message repeats a value.
// Source: the texts follow immudb 0.8.1.
Result<CommandLine> ParseCommandLine(const Program& program, std::span<char* const> words);

// The help text: usage, commands, and every option with its default, variables and restrictions.
std::string HelpText(const Program& program);

}  // namespace immudb::process
