// immuadmin database: list, create, use.

#include "base/error.h"
#include "cli/admin_printer.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

constexpr std::string_view kGroup = "database";

Status List(Context& context) {
  IMMUDB_ASSIGN(const std::vector<std::string> names, context.client->ListDatabases());
  Print(DatabasesText(names, context.client->session().database, context.style));
  return {};
}

Status Create(Context& context) {
  IMMUDB_TRY(context.client->CreateDatabase(context.arguments[0]));
  Print(FactText("database", "database successfully created", context.style));
  return {};
}

}  // namespace

std::vector<Command> DatabaseCommands() {
  return {
      {.name = "list",
       .aliases = {"l"},
       .group = kGroup,
       .help = "list all databases; the one in use has a star",
       .run = List},
      {.name = "create",
       .aliases = {},
       .group = kGroup,
       .words = "databasename",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "create a database",
       .run = Create},
      {.name = "use",
       .aliases = {},
       .group = kGroup,
       .words = "databasename",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "choose the database of the following commands",
       .run = UseDatabase},
  };
}

}  // namespace immudb::cli
