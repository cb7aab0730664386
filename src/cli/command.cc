#include "cli/command.h"

#include <charconv>
#include <system_error>

#include "base/error.h"
#include "cli/terminal.h"
#include "cli/token_file.h"
#include "cli/tool.h"
#include "io/posix_file_system.h"
#include "process/version.h"

namespace immudb::cli {

Error UsageError(Context& context, std::string text) {
  context.is_usage_error = true;
  return {Code::kInvalidArgument, std::move(text)};
}

Result<std::uint64_t> NumberArgument(Context& context, std::size_t number) {
  const std::string& text = context.arguments[number];
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end) {
    return UsageError(context, Text("\"{}\" is not a valid index number", text));
  }
  return value;
}

Status KeepSession(const Context& context) {
  io::PosixFileSystem files;
  return io::ReplaceFile(files, context.token_path, EncodeTokenFile(context.client->session()));
}

Status EndSession(const Context& context) {
  if (!context.has_session()) return Fail(Code::kUnauthenticated, "User not logged in.");
  Status out = context.client->Logout();
  if (!out && out.error().code != Code::kUnauthenticated) return out;
  io::PosixFileSystem files;
  Status removed = files.Remove(context.token_path);
  if (!removed && removed.error().code != Code::kNotFound) return removed;
  return {};
}

Status UseDatabase(Context& context) {
  IMMUDB_TRY(context.client->UseDatabase(context.arguments[0]));
  IMMUDB_TRY(KeepSession(context));
  Print(FactText("database", Text("Now using {}", context.arguments[0]), context.style));
  return {};
}

Status ShowStatus(Context& context, std::string_view text) {
  IMMUDB_ASSIGN(const HealthReport health, context.client->Health());
  if (!health.healthy) return Fail(Code::kUnavailable, "the server says that it is not healthy");
  Print(FactText("status", text, context.style));
  return {};
}

Status ShowVersion(Context& context) {
  Print(process::VersionText(context.tool->name));
  return {};
}

}  // namespace immudb::cli
