// The commands of the tools as data: the parser, the help and the completion of words come from
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

struct Tool;

// What a command works with.
struct Context {
  const Tool* tool = nullptr;
  const process::Options* options = nullptr;
  const process::Environment* environment = nullptr;
  std::vector<std::string> arguments;
  Style style;
  std::unique_ptr<Client> client;  // Null for commands that need no server.
  std::string token_path;
  // Set where the fault is in the command line, not in what became of the call.
  bool is_usage_error = false;

  BytesView Argument(std::size_t number) const { return AsBytes(arguments[number]); }
  bool has_session() const { return !client->session().token.empty(); }
};

enum class NeedsServer : bool { kNo, kYes };

struct Command {
  std::string_view name = {};
  std::vector<std::string_view> aliases = {};
  std::string_view group = {};  // The word before the name; empty: none.
  std::string_view words = {};  // Its arguments, for people: "key value".
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  std::string_view help = {};                // Empty: not told of, as in 0.8.1.
  std::vector<std::string_view> flags = {};  // Options that not every command takes.
  NeedsServer needs_server = NeedsServer::kYes;
  Status (*run)(Context& context) = nullptr;
};

// Returns an error of the command line.
Error UsageError(Context& context, std::string text);
// Reads argument `number` as an index. Errors: of the command line.
Result<std::uint64_t> NumberArgument(Context& context, std::size_t number);

// Keeps the client's session in the token file. Errors: as io::ReplaceFile.
Status KeepSession(const Context& context);
// Ends the session on the server, then deletes the token file. A session that the server has ended
// itself is as good. Errors: kUnauthenticated without a session; those of the call and of the file.
Status EndSession(const Context& context);

// What commands of both tools do. Errors: those of the call and of the token file.
Status UseDatabase(Context& context);
// Prints `text` if the server is healthy.
Status ShowStatus(Context& context, std::string_view text);
Status ShowVersion(Context& context);

// The commands of every tool.
std::vector<Command> DocumentCommands();

// The commands of immuclient.
std::vector<Command> SessionCommands();
std::vector<Command> ReadCommands();
std::vector<Command> WriteCommands();
std::vector<Command> ReferenceCommands();
std::vector<Command> ProofCommands();

// The commands of immuadmin.
std::vector<Command> AdminSessionCommands();
std::vector<Command> UserCommands();
std::vector<Command> DatabaseCommands();
std::vector<Command> ServerCommands();
std::vector<Command> DumpCommands();
std::vector<Command> BackupCommands();
std::vector<Command> RestoreCommands();
std::vector<Command> AuditLogCommands();
std::vector<Command> StatsCommands();

}  // namespace immudb::cli
