#include "cli/immuadmin.h"

#include <array>
#include <vector>

#include "cli/option_table.h"
#include "cli/tool.h"

namespace immudb::cli {
namespace {

std::span<const Command> Commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> commands;
    for (const auto& group : {AdminSessionCommands(), UserCommands(), DatabaseCommands(),
                              ServerCommands(), DumpCommands(), BackupCommands(), RestoreCommands(),
                              AuditLogCommands(), StatsCommands(), DocumentCommands()}) {
      commands.insert(commands.end(), group.begin(), group.end());
    }
    return commands;
  }();
  return all;
}

std::span<const CommandGroup> Groups() {
  static const std::array<CommandGroup, 2> all = {
      CommandGroup{"user", {"u"}, "users and their rights"},
      CommandGroup{"database", {"d"}, "databases"},
  };
  return all;
}

Style ReadStyle(const process::Options& options) {
  return {.form = FormOf(options.text("output"))};
}

}  // namespace

int RunImmuadmin(std::span<char* const> words, const process::Environment& environment) {
  const Tool tool{
      .name = "immuadmin",
      .summary = "immuadmin looks after an immudb server: its users, databases and settings.",
      .options = AdminOptionRows(),
      .commands = Commands(),
      .groups = Groups(),
      .client_options = ConnectionOf,
      .style = ReadStyle,
      .token_file_ending = "_admin",
  };
  return RunTool(tool, words, environment);
}

}  // namespace immudb::cli
