#include "cli/tool.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "cli/terminal.h"
#include "cli/token_file.h"
#include "io/posix_file_system.h"
#include "process/command_line.h"

namespace immudb::cli {
namespace {

using process::CommandRow;
using process::OptionRow;

constexpr CommandRow kHelpRow = {"help", "print this text"};

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

template <typename Row>
bool IsNamed(const Row& row, std::string_view name) {
  return row.name == name ||
         std::find(row.aliases.begin(), row.aliases.end(), name) != row.aliases.end();
}

const CommandGroup* FindGroup(const Tool& tool, std::string_view name) {
  for (const CommandGroup& group : tool.groups) {
    if (IsNamed(group, name)) return &group;
  }
  return nullptr;
}

const Command* FindCommand(const Tool& tool, std::string_view group, std::string_view name) {
  for (const Command& command : tool.commands) {
    if (command.group == group && IsNamed(command, name)) return &command;
  }
  return nullptr;
}

// What the first words of a command line mean. Both are null if they mean nothing.
struct Meaning {
  const CommandGroup* group = nullptr;
  const Command* command = nullptr;
};

// Takes the words that name a command off `arguments`, which follow the word `first`.
Meaning FindMeaning(const Tool& tool, std::string_view first, std::vector<std::string>& arguments) {
  Meaning meaning{.group = FindGroup(tool, first)};
  if (meaning.group == nullptr) {
    meaning.command = FindCommand(tool, "", first);
  } else if (!arguments.empty()) {
    meaning.command = FindCommand(tool, meaning.group->name, arguments.front());
    if (meaning.command != nullptr) arguments.erase(arguments.begin());
  }
  return meaning;
}

enum class Spelling : bool { kNamesOnly, kNamesAndAliases };

// What may stand first on the command line.
std::vector<CommandRow> FirstWords(const Tool& tool, Spelling spelling) {
  std::vector<CommandRow> rows = {kHelpRow};
  const auto add = [&](const auto& row) {
    rows.push_back({row.name, row.help});
    if (spelling == Spelling::kNamesOnly) return;
    for (const std::string_view alias : row.aliases) rows.push_back({alias, row.help});
  };
  for (const CommandGroup& group : tool.groups) add(group);
  for (const Command& command : tool.commands) {
    const bool is_shown = spelling == Spelling::kNamesAndAliases || !command.help.empty();
    if (command.group.empty() && is_shown) add(command);
  }
  std::sort(rows.begin(), rows.end(),
            [](const CommandRow& a, const CommandRow& b) { return a.name < b.name; });
  return rows;
}

// The options that `command` takes; null: those that every command takes.
std::vector<OptionRow> RowsOf(const Tool& tool, const Command* command) {
  std::vector<OptionRow> rows;
  for (const OptionRow& row : tool.options) {
    const bool is_own = command != nullptr && Takes(*command, row.name);
    if (is_own || IsGlobal(tool, row.name)) rows.push_back(row);
  }
  return rows;
}

template <typename Row>
std::string WithAliases(const Row& row) {
  std::string text(row.help);
  if (row.aliases.empty()) return text;
  text += Text("\n\nAliases:\n  {}", row.name);
  for (const std::string_view alias : row.aliases) text += Text(", {}", alias);
  return text;
}

std::string HelpOf(const Tool& tool, const Meaning& meaning) {
  const std::vector<OptionRow> options = RowsOf(tool, meaning.command);
  if (const Command* const command = meaning.command; command != nullptr) {
    const std::string usage = Text("{} {}{}{}", tool.name, NameOf(*command),
                                   command->words.empty() ? "" : " ", command->words);
    return process::HelpText({usage, WithAliases(*command), options, {}});
  }
  if (meaning.group == nullptr) {
    const std::vector<CommandRow> rows = FirstWords(tool, Spelling::kNamesOnly);
    return process::HelpText({tool.name, tool.summary, options, rows});
  }
  std::vector<CommandRow> rows;
  for (const Command& command : tool.commands) {
    if (command.group == meaning.group->name) rows.push_back({command.name, command.help});
  }
  const std::string usage = Text("{} {}", tool.name, meaning.group->name);
  return process::HelpText({usage, WithAliases(*meaning.group), options, rows});
}

int UsageFault(const Tool& tool, std::string_view text) {
  PrintError(Text("{}: {}\nSee '{} --help'.\n", tool.name, text, tool.name));
  return kExitUsage;
}

// What is wrong with the number of arguments; empty: nothing.
std::string CountFault(const Tool& tool, const Command& command, std::size_t count) {
  const std::size_t min = command.arguments_min;
  const std::size_t max = command.arguments_max;
  if (count >= min && count <= max) return {};
  const std::string usage = Text("; usage: {} {} {}", tool.name, NameOf(command), command.words);
  if (min == max) return Text("accepts {} arg(s), received {}{}", min, count, usage);
  if (count < min) {
    return Text("requires at least {} arg(s), only received {}{}", min, count, usage);
  }
  return Text("accepts at most {} arg(s), received {}{}", max, count, usage);
}

// The first flag on the line that the command does not take; empty: none.
std::string FlagFault(const Tool& tool, const Command& command, const process::CommandLine& line) {
  for (const auto& [name, value] : line.values) {
    if (!IsGlobal(tool, name) && !Takes(command, name)) return Text("unknown flag: --{}", name);
  }
  return {};
}

Style StyleOf(const Tool& tool, const Context& context) {
  Style style = tool.style(*context.options);
  if (style.form != OutputForm::kText || !IsTerminal(StandardStream::kOutput)) return style;
  style.escape = Escape::kYes;
  if ((*context.environment)("NO_COLOR").value_or("").empty()) style.colours = Colours::kYes;
  return style;
}

int RunCommand(const Tool& tool, const Command& command, Context& context) {
  Status done = Status();
  if (command.needs_server == NeedsServer::kYes) done = ConnectTool(context);
  if (done) done = command.run(context);
  if (done) return kExitSuccess;
  const Error& error = done.error();
  if (context.is_usage_error) return UsageFault(tool, error.message);
  const bool is_lie = error.code == Code::kTampered;
  PrintError(Text("{}{}\n", is_lie ? "VERIFICATION FAILED: " : "", error.message));
  return ExitCodeOf(error.code);
}

}  // namespace

Status ConnectTool(Context& context) {
  const Tool& tool = *context.tool;
  Result<ClientOptions> options = tool.client_options(*context.options);
  if (!options) return UsageError(context, options.error().message);
  IMMUDB_ASSIGN(context.client, Client::Connect(*options));
  std::string name = context.options->text("tokenfile");
  if (!name.ends_with(tool.token_file_ending)) name += tool.token_file_ending;
  context.token_path = TokenPath(name, *context.environment);
  io::PosixFileSystem files;
  IMMUDB_ASSIGN(std::optional<Session> session, ReadTokenFile(files, context.token_path));
  if (session.has_value()) context.client->SetSession(*std::move(session));
  return {};
}

bool Takes(const Command& command, std::string_view option) {
  return std::find(command.flags.begin(), command.flags.end(), option) != command.flags.end();
}

bool IsGlobal(const Tool& tool, std::string_view option) {
  return std::none_of(tool.commands.begin(), tool.commands.end(),
                      [&](const Command& command) { return Takes(command, option); });
}

std::string NameOf(const Command& command) {
  return command.group.empty() ? std::string(command.name)
                               : Text("{} {}", command.group, command.name);
}

int RunTool(const Tool& tool, std::span<char* const> words,
            const process::Environment& environment) {
  SetLogLevel(LogLevel::kError);
  const std::vector<CommandRow> first_words = FirstWords(tool, Spelling::kNamesAndAliases);
  const process::Program program{tool.name, tool.summary, tool.options, first_words};
  Result<process::CommandLine> line = process::ParseCommandLine(program, words);
  if (!line) return UsageFault(tool, line.error().message);
  std::vector<std::string>& arguments = line->arguments;
  const bool is_help = line->command == "help";
  std::string first = line->command;
  if (is_help && !arguments.empty()) {
    first = arguments.front();
    arguments.erase(arguments.begin());
  }
  const Meaning meaning = FindMeaning(tool, first, arguments);
  const bool is_bare_group = meaning.command == nullptr && arguments.empty();
  if (line->wants_help || is_help || is_bare_group) {
    Print(HelpOf(tool, meaning));
    const bool is_empty = line->command.empty() && !line->wants_help;
    return is_empty ? tool.exit_code_without_command : kExitSuccess;
  }
  const Command* const command = meaning.command;
  if (command == nullptr) {
    return UsageFault(tool, Text("unknown command \"{}\" for \"{} {}\"", arguments.front(),
                                 tool.name, meaning.group->name));
  }
  if (words.front()[0] == '-') Print(tool.order_hint);
  std::string fault = CountFault(tool, *command, arguments.size());
  if (fault.empty()) fault = FlagFault(tool, *command, *line);
  if (!fault.empty()) return UsageFault(tool, fault);
  const auto options = process::Options::Read(program, *line, environment);
  if (!options) return UsageFault(tool, options.error().message);
  Context context;
  context.tool = &tool;
  context.options = &*options;
  context.environment = &environment;
  context.arguments = arguments;
  context.style = StyleOf(tool, context);
  return RunCommand(tool, *command, context);
}

}  // namespace immudb::cli
