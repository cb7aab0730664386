// PasswordHasher with the system's password hashing: crypto/password.h.

#pragma once

#include <string>
#include <string_view>

#include "auth/password_hasher.h"
#include "crypto/password.h"
#include "crypto/random.h"

namespace immudb::auth {

// Thread-safe.
class CryptPasswordHasher : public PasswordHasher {
 public:
  // `random` must outlive the hasher.
  CryptPasswordHasher(crypto::RandomSource& random, crypto::PasswordCost cost)
      : cost_(cost), random_(random) {}

  Result<PasswordMatch> Verify(std::string_view password, std::string_view verifier) const override;
  Result<std::string> Hash(std::string_view password) const override;

 private:
  const crypto::PasswordCost cost_;
  crypto::RandomSource& random_;
};

}  // namespace immudb::auth
