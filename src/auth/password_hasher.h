// What the decisions of this layer need of password hashing, so that tests need not be slow.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "immudb/result.h"

namespace immudb::auth {

enum class PasswordMatch : std::uint8_t {
  kNo,
  kYes,
  kYesButStale,  // By a method or cost that is not today's: hash it again.
};

// Slow on purpose; never on a thread that others wait for.
// Thread-safe.
class PasswordHasher {
 public:
  virtual ~PasswordHasher() = default;

  // A password that cannot be hashed matches nothing.
  // Errors: kUnsupported for a verifier of an unknown method; kExhausted if the memory for the work
  // cannot be had.
  virtual Result<PasswordMatch> Verify(std::string_view password,
                                       std::string_view verifier) const = 0;

  // Returns a verifier with a salt of its own. Errors: kInvalidArgument for a password that cannot
  // be hashed; kUnavailable if there is no randomness; kExhausted as Verify.
  virtual Result<std::string> Hash(std::string_view password) const = 0;
};

}  // namespace immudb::auth
