// Password verifiers: what is stored so that a password can be checked and not be found out.
//
// New verifiers are yescrypt ($y$). Those of immudb 0.8.1 are bcrypt ($2a$) and are still accepted;
// the result then says that it is time for a new one. Both are slow on purpose (yescrypt at cost 5:
// some 16 MiB and tens of milliseconds), so callers limit how many run at once.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crypto/random.h"
#include "immudb/result.h"

namespace immudb::crypto {

// The longest password yescrypt verifiers are made of. A limit of crypt(3), less its final zero.
inline constexpr std::size_t kPasswordBytesMax = 511;

struct PasswordCost {
  std::uint32_t yescrypt =
      5;  // 1 to 11; one more doubles the work. 5 is what crypt(3) defaults to.
};

enum class PasswordCheck : std::uint8_t {
  kWrong,
  kRight,
  kRightButOutdated,  // Right, and the verifier should be replaced: other method or cost.
};

// Makes a verifier for `password`, with a fresh salt from `random`.
// Requires: a cost within its range.
// Errors: kInvalidArgument if the password is longer than kPasswordBytesMax or holds a zero byte;
// kUnavailable if there is no randomness; kExhausted if the memory cannot be had.
Result<std::string> HashPassword(std::string_view password, PasswordCost cost,
                                 RandomSource& random);

// Checks `password` against `verifier`, which is yescrypt as HashPassword makes it at any cost, or
// bcrypt ($2a$, $2b$, $2y$) up to cost 16. A password that no verifier can stand for (too long, or
// with a zero byte) is wrong; bcrypt sees the first 72 bytes only, by its definition.
// Requires: a cost within its range.
// Errors: kUnsupported if the verifier is of another method or cost; kExhausted as above.
Result<PasswordCheck> VerifyPassword(std::string_view password, std::string_view verifier,
                                     PasswordCost cost);

}  // namespace immudb::crypto
