#include "cli/immuclient.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "cli/command.h"
#include "cli/option_table.h"
#include "cli/terminal.h"
#include "cli/token_file.h"
#include "io/posix_file_system.h"
#include "process/command_line.h"

namespace immudb::cli {
namespace {

constexpr std::string_view kSummary =
    "immuclient reads and writes an immudb database, and checks what the server answers.";

int ExitCodeOf(Code code) {
  switch (code) {
    case Code::kNotFound: return kExitNotFound;
    case Code::kDenied:
    case Code::kUnauthenticated: return kExitDenied;
    case Code::kUnavailable: return kExitUnreachable;
    case Code::kTampered: return kExitTampered;
    case Code::kInvalidArgument:
    case Code::kExists:
    case Code::kConflict:
    case Code::kLimitExceeded:
    case Code::kExhausted:
    case Code::kUnsupported:
    case Code::kClosed:
    case Code::kIo:
    case Code::kCorrupted: return kExitFailure;
  }
  return kExitFailure;
}

// Every name and alias, for the parser; the help shows the names only.
const process::Program& ParsedProgram() {
  static const std::vector<process::CommandRow> rows = [] {
    std::vector<process::CommandRow> all = {{"help", "print this text"}};
    for (const Command& command : Commands()) {
      all.push_back({command.name, command.help});
      for (const std::string_view alias : command.aliases) all.push_back({alias, command.help});
    }
    return all;
  }();
  static const process::Program program{"immuclient", kSummary, ClientOptionRows(), rows};
  return program;
}

std::string WholeHelp() {
  std::vector<process::CommandRow> rows = {{"help", "print this text"}};
  for (const Command& command : Commands()) rows.push_back({command.name, command.help});
  return process::HelpText({"immuclient", kSummary, ClientOptionRows(), rows});
}

std::string CommandHelp(const Command& command) {
  std::string summary(command.help);
  if (!command.aliases.empty()) {
    summary += Text("\n\nAliases:\n  {}", command.name);
    for (const std::string_view alias : command.aliases) summary += Text(", {}", alias);
  }
  const std::string usage =
      Text("immuclient {}{}{}", command.name, command.words.empty() ? "" : " ", command.words);
  return process::HelpText({usage, summary, ClientOptionRows(), {}});
}

int UsageFault(const std::string& text) {
  PrintError(Text("immuclient: {}\nSee 'immuclient --help'.\n", text));
  return kExitUsage;
}

std::string CountFault(const Command& command, std::size_t count) {
  const std::size_t min = command.arguments_min;
  const std::size_t max = command.arguments_max;
  const std::string usage = Text("; usage: immuclient {} {}", command.name, command.words);
  if (min == max) return Text("accepts {} arg(s), received {}{}", min, count, usage);
  if (count < min) {
    return Text("requires at least {} arg(s), only received {}{}", min, count, usage);
  }
  return Text("accepts at most {} arg(s), received {}{}", max, count, usage);
}

Result<TreeHead> ParseHead(std::string_view text) {
  const std::size_t colon = text.find(':');
  TreeHead head;
  const std::string_view number = text.substr(0, colon);
  const auto [stop, fault] =
      std::from_chars(number.data(), number.data() + number.size(), head.size.value);
  const Result<Bytes> root =
      FromHex(colon == std::string_view::npos ? std::string_view() : text.substr(colon + 1));
  if (fault != std::errc() || stop != number.data() + number.size() || !root ||
      root->size() != head.root.size()) {
    return Fail(Code::kInvalidArgument, "trusted-root must be INDEX:HASH, with 64 hex digits");
  }
  ++head.size.value;
  std::copy(root->begin(), root->end(), head.root.begin());
  return head;
}

Status ReadTrust(const process::Options& options, ClientOptions& client) {
  client.state_directory = options.text("state-dir");
  client.server_identity = options.text("server-identity");
  client.first_contact = options.text("first-contact") == "refuse" ? FirstContact::kRefuse
                                                                   : FirstContact::kTrustOnFirstUse;
  if (const std::string& root = options.text("trusted-root"); !root.empty()) {
    IMMUDB_ASSIGN(client.initial_head, ParseHead(root));
  }
  if (const std::string& key = options.text("server-key"); !key.empty()) {
    const Result<Bytes> bytes = FromHex(key);
    if (!bytes) return Fail(Code::kInvalidArgument, "server-key must be hex digits");
    client.pinned_key = *bytes;
  }
  return {};
}

Result<ClientOptions> ReadClientOptions(const process::Options& options) {
  ClientOptions client;
  client.address = options.text("immudb-address");
  if (client.address.starts_with("unix:")) client.unix_socket = client.address.substr(5);
  client.port = static_cast<std::uint16_t>(options.integer("immudb-port"));
  client.reply_bytes_max = static_cast<std::uint64_t>(options.integer("max-recv-msg-size"));
  IMMUDB_ASSIGN(client.deadline, ParseDuration(options.text("timeout")));
  IMMUDB_ASSIGN(client.connect_timeout, ParseDuration(options.text("connect-timeout")));
  client.retry.attempts_max = static_cast<std::uint32_t>(options.integer("retries")) + 1;
  client.renew_session = false;
  if (options.boolean("mtls")) {
    client.tls = {.enabled = true,
                  .authorities_file = options.text("clientcas"),
                  .certificate_file = options.text("certificate"),
                  .private_key_file = options.text("pkey"),
                  .server_name = options.text("servername")};
  }
  IMMUDB_TRY(ReadTrust(options, client));
  return client;
}

Style StyleOf(const process::Options& options) {
  Style style;
  const std::string& form = options.text("output");
  if (form == "json") style.form = OutputForm::kJson;
  if (form == "raw" || options.boolean("raw")) style.form = OutputForm::kRaw;
  if (options.boolean("value-only")) style.value_only = ValueOnly::kYes;
  const bool is_seen = style.form == OutputForm::kText && IsTerminal(StandardStream::kOutput);
  if (is_seen) style.escape = Escape::kYes;
  return style;
}

Status Connect(Context& context) {
  Result<ClientOptions> options = ReadClientOptions(*context.options);
  if (!options) return UsageError(context, options.error().message);
  IMMUDB_ASSIGN(context.client, Client::Connect(*options));
  context.token_path = TokenPath(context.options->text("tokenfile"), *context.environment);
  io::PosixFileSystem files;
  IMMUDB_ASSIGN(std::optional<Session> session, ReadTokenFile(files, context.token_path));
  if (session.has_value()) context.client->SetSession(*std::move(session));
  return {};
}

int RunCommand(const Command& command, Context& context) {
  Status done = Status();
  if (command.needs_server == NeedsServer::kYes) done = Connect(context);
  if (done) done = command.run(context);
  if (done) return kExitSuccess;
  const Error& error = done.error();
  if (context.is_usage_error) return UsageFault(error.message);
  const bool is_lie = error.code == Code::kTampered;
  PrintError(Text("{}{}\n", is_lie ? "VERIFICATION FAILED: " : "", error.message));
  return ExitCodeOf(error.code);
}

// 0.8.1 tells so, and goes on.
bool IsOutOfOrder(std::span<char* const> words, const process::CommandLine& line) {
  return !words.empty() && *words.front() == '-' && !line.command.empty();
}

}  // namespace

int RunImmuclient(std::span<char* const> words, const process::Environment& environment) {
  SetLogLevel(LogLevel::kError);
  const Result<process::CommandLine> line = process::ParseCommandLine(ParsedProgram(), words);
  if (!line) return UsageFault(line.error().message);
  const Command* command = FindCommand(line->command);
  const bool wants_help_of_command = line->command == "help" && !line->arguments.empty();
  if (wants_help_of_command) command = FindCommand(line->arguments.front());
  if (line->wants_help || line->command == "help" || line->command.empty()) {
    Print(command == nullptr ? WholeHelp() : CommandHelp(*command));
    return line->command.empty() && !line->wants_help ? kExitUsage : kExitSuccess;
  }
  if (IsOutOfOrder(words, *line)) {
    Print("Please sort your commands in \"immudb [command] [flags]\" order. \n");
  }
  const std::size_t count = line->arguments.size();
  if (count < command->arguments_min || count > command->arguments_max) {
    return UsageFault(CountFault(*command, count));
  }
  const auto options = process::Options::Read(ParsedProgram(), *line, environment);
  if (!options) return UsageFault(options.error().message);
  Context context;
  context.options = &*options;
  context.environment = &environment;
  context.arguments = line->arguments;
  context.style = StyleOf(*options);
  return RunCommand(*command, context);
}

}  // namespace immudb::cli
