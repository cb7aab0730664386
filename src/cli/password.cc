#include "cli/password.h"

#include "auth/credential_rules.h"
#include "base/error.h"
#include "cli/terminal.h"
#include "process/private_file.h"

namespace immudb::cli {

Result<std::optional<std::string>> ConfiguredPassword(const process::Options& options,
                                                      std::string_view name) {
  if (const std::string& given = options.text(name); !given.empty()) return std::optional(given);
  const std::string& path = options.text(Text("{}-file", name));
  if (path.empty()) return std::optional<std::string>();
  IMMUDB_ASSIGN(const std::string text, process::ReadPrivateFile(path));
  return std::optional(text.substr(0, text.find('\n')));
}

Result<std::string> PasswordOf(const process::Options& options, std::string_view name,
                               std::string_view prompt) {
  IMMUDB_ASSIGN(std::optional<std::string> given, ConfiguredPassword(options, name));
  return given.has_value() ? *std::move(given) : AskPassword(prompt);
}

Result<std::string> NewPasswordOf(const process::Options& options, const NewPassword& wanted) {
  IMMUDB_ASSIGN(const std::optional<std::string> given,
                ConfiguredPassword(options, "new-password"));
  Result<std::string> first =
      given.has_value() ? *given : AskPassword(Text("Choose a password for {}:", wanted.user));
  if (!first) return first;
  if (!auth::CheckPassword(*first)) {
    return Fail(Code::kInvalidArgument,
                "{} does not meet the requirements. It must contain upper and lower case "
                "letters, digits, punctuation mark or symbol; 8 to 32 bytes",
                wanted.subject);
  }
  if (given.has_value() || !IsTerminal(StandardStream::kInput)) return first;
  IMMUDB_ASSIGN(const std::string second, AskPassword("Confirm password:"));
  if (second != *first) return Fail(Code::kInvalidArgument, "Passwords don't match");
  return first;
}

}  // namespace immudb::cli
