// The commands of immuclient as data: the parser, the help and the completion of words come from
// these rows.

#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/printer.h"
#include "immudb/client.h"
#include "immudb/result.h"
#include "process/options.h"

namespace immudb::cli {

// What a command works with.
struct Context {
  const process::Options* options = nullptr;
  const process::Environment* environment = nullptr;
  std::vector<std::string> arguments;
  Style style;
  std::unique_ptr<Client> client;  // Null for commands that need no server.
  std::string token_path;
  // Set where the fault is in the command line, not in what became of the call.
  bool is_usage_error = false;

  BytesView Argument(std::size_t number) const { return AsBytes(arguments[number]); }
};

enum class NeedsServer : bool { kNo, kYes };

struct Command {
  std::string_view name = {};
  std::vector<std::string_view> aliases = {};
  std::string_view words = {};  // Its arguments, for people: "key value".
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  std::string_view help = {};
  NeedsServer needs_server = NeedsServer::kYes;
  Status (*run)(Context& context) = nullptr;
};

std::span<const Command> Commands();
// The command with this name or alias, or null.
const Command* FindCommand(std::string_view name);

// Returns an error of the command line.
Error UsageError(Context& context, std::string text);
// Reads argument `number` as an index. Errors: of the command line.
Result<std::uint64_t> NumberArgument(Context& context, std::size_t number);

// The groups of the table.
std::vector<Command> SessionCommands();
std::vector<Command> ReadCommands();
std::vector<Command> WriteCommands();
std::vector<Command> ReferenceCommands();
std::vector<Command> ProofCommands();

}  // namespace immudb::cli
