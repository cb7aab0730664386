// immuadmin: set, print.

#include <algorithm>
#include <array>

#include "base/error.h"
#include "cli/admin_printer.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace immudb::cli {
namespace {

constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "TRUE", "true", "True"};
constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "FALSE", "false", "False"};

bool IsOneOf(std::string_view word, const std::array<std::string_view, 6>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

Status SetAuth(Context& context, const std::string& value) {
  if (value != "none" && value != "password") {
    return UsageError(
        context,
        Text("unsupported {} auth mode, only none and password are currently supported", value));
  }
  const AuthKind kind = value == "none" ? AuthKind::kNone : AuthKind::kPassword;
  IMMUDB_TRY(context.client->UpdateAuthConfig(kind));
  Print(FactText("set", "Server auth config updated", context.style));
  return {};
}

Status SetMtls(Context& context, const std::string& value) {
  if (!IsOneOf(value, kTrue) && !IsOneOf(value, kFalse)) {
    return UsageError(context,
                      Text("unsupported value {}, server MTLS can be set to true or false", value));
  }
  const MtlsMode mode = IsOneOf(value, kTrue) ? MtlsMode::kOn : MtlsMode::kOff;
  IMMUDB_TRY(context.client->UpdateMtlsConfig(mode));
  Print(FactText("set", "Server MTLS config updated", context.style));
  PrintError("It counts from the server's next start on.\n");
  return {};
}

Status Set(Context& context) {
  const std::string& item = context.arguments[0];
  const std::string& value = context.arguments[1];
  if (!context.has_session()) return Fail(Code::kUnauthenticated, "please login first");
  if (item == "auth") return SetAuth(context, value);
  if (item == "mtls") return SetMtls(context, value);
  return UsageError(context,
                    Text("unsupported {} config item, supported config items: auth or mtls", item));
}

Status PrintServerTree(Context& context) {
  IMMUDB_ASSIGN(const std::vector<TreeLayer> layers, context.client->PrintTree());
  Print(TreeText(layers, context.style));
  return {};
}

}  // namespace

std::vector<Command> ServerCommands() {
  return {
      {.name = "set",
       .aliases = {},
       .words = "auth|mtls value",
       .arguments_min = 2,
       .arguments_max = 2,
       .help = "change the server's configuration, also in its file: auth none|password, at once; "
               "mtls true|false, from its next start on",
       .run = Set},
      {.name = "print",
       .aliases = {"prt"},
       .help = "print the tree of the database in use",
       .run = PrintServerTree},
  };
}

}  // namespace immudb::cli
