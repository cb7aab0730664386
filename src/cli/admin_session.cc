// immuadmin: login, logout, status, version.

#include "base/error.h"
#include "cli/admin_printer.h"
#include "cli/command.h"
#include "cli/password.h"
#include "cli/terminal.h"
#include "process/version.h"

namespace immudb::cli {
namespace {

constexpr std::string_view kSuperadmin = "immudb";

// Whoever sits at a terminal and has typed the well-known password is asked for another one, as in
// 0.8.1. A script is warned only: it asked for a login.
Status ReplaceDefaultPassword(Context& context, const std::string& old_password) {
  Result<std::string> password =
      NewPasswordOf(*context.options, {.user = kSuperadmin, .subject = "password"});
  if (!password) {
    return Fail(password.error().code, "{}; you are logged in, the password is unchanged",
                password.error().message);
  }
  Client& client = *context.client;
  const std::string user(kSuperadmin);
  IMMUDB_TRY(client.ChangePassword(
      {.name = user, .old_password = old_password, .new_password = *password}));
  // The change has ended the session.
  IMMUDB_ASSIGN(const LoginReply reply, client.Login(user, *password));
  IMMUDB_TRY(KeepSession(context));
  Print(BareFactText("user", Text("{}'s password has been changed", user), context.style));
  return {};
}

Status Login(Context& context) {
  // A server that is not there is told before anybody types a password.
  if (const auto health = context.client->Health(); !health) return health.error();
  const std::string& user = context.arguments[0];
  if (user != kSuperadmin) {
    return Fail(Code::kDenied, "Permission denied: user {} has no admin rights", user);
  }
  IMMUDB_ASSIGN(const auto given, ConfiguredPassword(*context.options, "password"));
  const bool is_typed = !given.has_value() && IsTerminal(StandardStream::kInput);
  IMMUDB_ASSIGN(const std::string password, PasswordOf(*context.options, "password", "Password:"));
  IMMUDB_ASSIGN(const LoginReply reply, context.client->Login(user, password));
  IMMUDB_TRY(KeepSession(context));
  Print(LoginText(reply, context.style));
  if (reply.warning.empty()) return {};
  if (is_typed) return ReplaceDefaultPassword(context, password);
  PrintError("Change it with 'immuadmin user changepassword immudb'.\n");
  return {};
}

Status Logout(Context& context) {
  IMMUDB_TRY(EndSession(context));
  Print(FactText("logout", "logged out", context.style));
  return {};
}

Status Check(Context& context) {
  return ShowStatus(context, "OK - server is reachable and responding to queries");
}

}  // namespace

std::vector<Command> AdminSessionCommands() {
  return {
      {.name = "login",
       .aliases = {"l"},
       .words = "username",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "log in as the superadmin immudb; the password comes from the terminal, standard "
               "input, --password-file or IMMUADMIN_PASSWORD",
       .flags = {"password", "password-file", "new-password", "new-password-file"},
       .run = Login},
      {.name = "logout",
       .aliases = {"x"},
       .help = "end the session, on the server too",
       .run = Logout},
      {.name = "status", .aliases = {"p"}, .help = "ask the server how it is", .run = Check},
      {.name = "version",
       .aliases = {},
       .help = "print the version",
       .needs_server = NeedsServer::kNo,
       .run = ShowVersion},
  };
}

}  // namespace immudb::cli
