#include "auth/crypt_password_hasher.h"

#include "base/error.h"

namespace immudb::auth {

Result<PasswordMatch> CryptPasswordHasher::Verify(std::string_view password,
                                                  std::string_view verifier) const {
  IMMUDB_ASSIGN(const crypto::PasswordCheck check,
                crypto::VerifyPassword(password, verifier, cost_));
  switch (check) {
    case crypto::PasswordCheck::kWrong: return PasswordMatch::kNo;
    case crypto::PasswordCheck::kRight: return PasswordMatch::kYes;
    case crypto::PasswordCheck::kRightButOutdated: return PasswordMatch::kYesButStale;
  }
  return PasswordMatch::kNo;
}

Result<std::string> CryptPasswordHasher::Hash(std::string_view password) const {
  return crypto::HashPassword(password, cost_, random_);
}

}  // namespace immudb::auth
