// immuadmin user: list, create, changepassword, activate, deactivate, permission.

#include <algorithm>
#include <array>

#include "base/error.h"
#include "cli/admin_printer.h"
#include "cli/command.h"
#include "cli/password.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

constexpr std::string_view kGroup = "user";
constexpr std::string_view kSuperadmin = "immudb";

Result<Permission> PermissionArgument(Context& context, std::size_t number) {
  struct Word {
    std::string_view text;
    Permission permission;
  };
  const std::string& given = context.arguments[number];
  for (const Word& word :
       {Word{"read", Permission::kRead}, Word{"readwrite", Permission::kReadWrite},
        Word{"admin", Permission::kAdmin}}) {
    if (given == word.text) return word.permission;
  }
  return UsageError(
      context,
      Text("Permission {} not recognized: allowed permissions are read, readwrite, admin", given));
}

Status List(Context& context) {
  IMMUDB_ASSIGN(const std::vector<User> users, context.client->ListUsers());
  Print(UsersText(users, context.style));
  return {};
}

// What the server would say too, but only after somebody has typed a password twice.
Status CheckNew(Context& context, const std::string& name, const std::string& database) {
  IMMUDB_ASSIGN(const std::vector<User> users, context.client->ListUsers());
  const bool exists =
      std::any_of(users.begin(), users.end(), [&](const User& user) { return user.name == name; });
  if (exists) return Fail(Code::kExists, "User {} already exists", name);
  if (database.empty()) return {};
  IMMUDB_ASSIGN(const std::vector<std::string> databases, context.client->ListDatabases());
  if (std::find(databases.begin(), databases.end(), database) != databases.end()) return {};
  return Fail(Code::kNotFound, "Database {} does not exist", database);
}

Status Create(Context& context) {
  const std::string& name = context.arguments[0];
  const std::string database = context.arguments.size() > 2 ? context.arguments[2] : "";
  IMMUDB_ASSIGN(const Permission permission, PermissionArgument(context, 1));
  IMMUDB_TRY(CheckNew(context, name, database));
  IMMUDB_ASSIGN(const std::string password,
                NewPasswordOf(*context.options, {.user = name, .subject = "Password"}));
  IMMUDB_TRY(context.client->CreateUser(
      {.name = name, .password = password, .permission = permission, .database = database}));
  Print(BareFactText("user", Text("Created user {}", name), context.style));
  return {};
}

Status ChangePassword(Context& context) {
  const std::string& name = context.arguments[0];
  if (!context.has_session()) return Fail(Code::kUnauthenticated, "please login first");
  std::string old_password;
  if (name == kSuperadmin) {
    IMMUDB_ASSIGN(old_password, PasswordOf(*context.options, "password", "Old password:"));
  }
  IMMUDB_ASSIGN(const std::string password,
                NewPasswordOf(*context.options, {.user = name, .subject = "password"}));
  IMMUDB_TRY(context.client->ChangePassword(
      {.name = name, .old_password = old_password, .new_password = password}));
  Print(BareFactText("user", Text("{}'s password has been changed", name), context.style));
  return {};
}

Status SetState(Context& context, UserState state) {
  IMMUDB_TRY(context.client->SetActiveUser(context.arguments[0], state));
  Print(BareFactText("user", "User status changed successfully", context.style));
  return {};
}

Status Activate(Context& context) {
  return SetState(context, UserState::kActive);
}

Status Deactivate(Context& context) {
  return SetState(context, UserState::kInactive);
}

Status ChangePermission(Context& context) {
  const std::string& action = context.arguments[0];
  if (action != "grant" && action != "revoke") {
    return UsageError(
        context,
        Text("wrong permission action. Only grant or revoke are allowed. Provided: {}", action));
  }
  IMMUDB_ASSIGN(const Permission permission, PermissionArgument(context, 2));
  const bool grants = action == "grant";
  IMMUDB_TRY(context.client->ChangePermission(
      {.change = grants ? PermissionChange::kGrant : PermissionChange::kRevoke,
       .name = context.arguments[1],
       .database = context.arguments[3],
       .permission = permission}));
  Print(BareFactText("user", "Permission changed successfully", context.style));
  return {};
}

}  // namespace

std::vector<Command> UserCommands() {
  return {
      {.name = "list", .aliases = {}, .group = kGroup, .help = "list all users", .run = List},
      {.name = "create",
       .aliases = {},
       .group = kGroup,
       .words = "username read|readwrite|admin [databasename]",
       .arguments_min = 2,
       .arguments_max = 3,
       .help = "create a user, with a right on a database; asks for a password, or takes it from "
               "standard input, --new-password-file or IMMUADMIN_NEW_PASSWORD",
       .flags = {"new-password", "new-password-file"},
       .run = Create},
      {.name = "changepassword",
       .aliases = {},
       .group = kGroup,
       .words = "username",
       .arguments_min = 1,
       .arguments_max = 1,
       .help =
           "change a user's password; through a pipe: for immudb the old one, then in a line of "
           "its own the new one",
       .flags = {"password", "password-file", "new-password", "new-password-file"},
       .run = ChangePassword},
      {.name = "activate",
       .aliases = {},
       .group = kGroup,
       .words = "username",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "let a user log in again",
       .run = Activate},
      {.name = "deactivate",
       .aliases = {},
       .group = kGroup,
       .words = "username",
       .arguments_min = 1,
       .arguments_max = 1,
       .help = "end a user's sessions, and let him log in no more",
       .run = Deactivate},
      {.name = "permission",
       .aliases = {},
       .group = kGroup,
       .words = "grant|revoke username read|readwrite|admin databasename",
       .arguments_min = 4,
       .arguments_max = 4,
       .help = "give a right on a database, or take it",
       .run = ChangePermission},
  };
}

}  // namespace immudb::cli
