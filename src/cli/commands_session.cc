// login, logout, use, status, version.

#include "base/error.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "cli/token_file.h"
#include "io/posix_file_system.h"
#include "process/version.h"

namespace immudb::cli {
namespace {

constexpr std::uint64_t kPasswordFileBytesMax = 4096;

Status KeepSession(const Context& context) {
  io::PosixFileSystem files;
  return io::ReplaceFile(files, context.token_path, EncodeTokenFile(context.client->session()));
}

Result<std::string> Password(const Context& context) {
  const std::string& given = context.options->text("password");
  if (!given.empty()) return given;
  const std::string& path = context.options->text("password-file");
  if (path.empty()) return AskPassword("Password:");
  io::PosixFileSystem files;
  IMMUDB_ASSIGN(const Bytes bytes, io::ReadFile(files, path, kPasswordFileBytesMax));
  const std::string text(bytes.begin(), bytes.end());
  return text.substr(0, text.find('\n'));
}

Status Login(Context& context) {
  // A server that is not there is told before anybody types a password.
  if (const auto health = context.client->Health(); !health) return health.error();
  IMMUDB_ASSIGN(const std::string password, Password(context));
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
  if (context.client->session().token.empty()) {
    return Fail(Code::kUnauthenticated, "User not logged in.");
  }
  // The session is ended on the server first. One that it has ended itself is as good.
  const Status out = context.client->Logout();
  if (!out && out.error().code != Code::kUnauthenticated) return out;
  io::PosixFileSystem files;
  const Status removed = files.Remove(context.token_path);
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  Print(FactText("logout", "Successfully logged out", context.style));
  return {};
}

Status Use(Context& context) {
  IMMUDB_TRY(context.client->UseDatabase(context.arguments[0]));
  IMMUDB_TRY(KeepSession(context));
  Print(FactText("database", Text("Now using {}", context.arguments[0]), context.style));
  return {};
}

Status ShowStatus(Context& context) {
  const auto health = context.client->Health();
  if (!health) return health.error();
  if (!health->healthy) return Fail(Code::kUnavailable, "the server says that it is not healthy");
  Print(FactText("status", "Health check OK", context.style));
  return {};
}

Status Version(Context& /*context*/) {
  Print(process::VersionText("immuclient"));
  return {};
}

}  // namespace

std::vector<Command> SessionCommands() {
  constexpr std::size_t kAny = 1000;
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
       .run = Use},
      {.name = "status", .aliases = {"p"}, .help = "ask the server how it is", .run = ShowStatus},
      {.name = "version",
       .aliases = {},
       .help = "print the version",
       .needs_server = NeedsServer::kNo,
       .run = Version},
  };
}

}  // namespace immudb::cli
