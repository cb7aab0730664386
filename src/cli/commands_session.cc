// login, logout, use, status, version.

#include "base/error.h"
#include "cli/command.h"
#include "cli/password.h"
#include "cli/terminal.h"
#include "process/version.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kAny = 1000;

Status Login(Context& context) {
  // A server that is not there is told before anybody types a password.
  if (const auto health = context.client->Health(); !health) return health.error();
  IMMUDB_ASSIGN(const std::string password, PasswordOf(*context.options, "password", "Password:"));
  const auto login = context.client->Login(context.arguments[0], password);
  if (!login && login.error().code == Code::kDenied) {
    // Whether the user exists is nobody's business.
    return Fail(Code::kDenied, "username or password is not valid");
  }
  if (!login) return login.error();
  IMMUDB_TRY(KeepSession(context));
  std::string text = FactText("login", "Successfully logged in.", context.style);
  if (!login->warning.empty()) {
    text += context.style.form == OutputForm::kText ? login->warning + "\n" : "";
  }
  Print(text);
  return {};
}

Status Logout(Context& context) {
  IMMUDB_TRY(EndSession(context));
  Print(FactText("logout", "Successfully logged out", context.style));
  return {};
}

Status Check(Context& context) {
  return ShowStatus(context, "Health check OK");
}

}  // namespace

std::vector<Command> SessionCommands() {
  return {
      {.name = "login",
       .aliases = {"l"},
       .words = "username",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "log in; the password comes from the terminal, standard input, --password-file or "
               "IMMUCLIENT_PASSWORD",
       .run = Login},
      {.name = "logout",
       .aliases = {"x"},
       .help = "end the session, on the server too",
       .run = Logout},
      {.name = "use",
       .aliases = {},
       .words = "databasename",
       .arguments_min = 1,
       .arguments_max = kAny,
       .help = "choose the database of the following commands",
       .run = UseDatabase},
      {.name = "status", .aliases = {"p"}, .help = "ask the server how it is", .run = Check},
      {.name = "version",
       .aliases = {},
       .help = "print the version",
       .needs_server = NeedsServer::kNo,
       .run = ShowVersion},
  };
}

}  // namespace immudb::cli
