// Where passwords come from: an environment variable, a file, the terminal or a pipe. Never from
// the command line, which others can see.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "immudb/result.h"
#include "process/options.h"

namespace immudb::cli {

// The password in the option `name`, or the first line of the file that the option `name`-file
// names; nothing if neither is set. Errors: kDenied if others can read the file; those of reading.
Result<std::optional<std::string>> ConfiguredPassword(const process::Options& options,
                                                      std::string_view name);

// The configured password or, without one, that which AskPassword gets.
Result<std::string> PasswordOf(const process::Options& options, std::string_view name,
                               std::string_view prompt);

struct NewPassword {
  std::string_view user;
  std::string_view subject;  // Begins what is said of a weak password: 0.8.1 writes it both ways.
};
// A new password, from the options `new-password`, or asked for: at a terminal twice.
// Errors: kInvalidArgument if it breaks the rule of auth/credential_rules.h, or the two differ;
// those of PasswordOf.
Result<std::string> NewPasswordOf(const process::Options& options, const NewPassword& wanted);

}  // namespace immudb::cli
