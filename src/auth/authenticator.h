// Decides whether somebody is who he says.
//
// Unknown users and wrong passwords get the same answer after the same work. Guessing is slowed
// down (login_throttle.h). While the superadmin's password is the well-known one it opens the door
// only to this machine.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "auth/login_throttle.h"
#include "auth/password_hasher.h"
#include "auth/user.h"
#include "auth/user_registry.h"
#include "immudb/result.h"

namespace immudb::auth {

struct LoginAttempt {
  std::string_view user;
  std::string_view password;
  std::string_view address;
  bool is_loopback = false;  // The peer is on this machine.
};

enum class LoginOutcome : std::uint8_t {
  kAccepted,
  kWrongCredentials,
  kInactive,                 // Right password of a deactivated user.
  kDefaultPasswordFromAfar,  // The well-known password, from another machine.
  kThrottled,                // Not looked at.
};

struct LoginDecision {
  LoginOutcome outcome = LoginOutcome::kWrongCredentials;
  std::shared_ptr<const User> user = nullptr;  // kAccepted only. Shared with the registry.
  bool is_default_password = false;
  std::int64_t retry_after_ms = 0;  // kThrottled only.
};

// Thread-safe.
class Authenticator {
 public:
  enum class DefaultPassword : std::uint8_t { kFromThisMachineOnly, kFromAnywhere };

  // Errors: those of PasswordHasher::Hash.
  static Result<std::unique_ptr<Authenticator>> Create(UserRegistry& users,
                                                       const PasswordHasher& hasher,
                                                       LoginThrottle& throttle,
                                                       DefaultPassword default_password);

  // How long an attempt has to wait before it is looked at; 0: not at all. Cheap.
  std::int64_t DelayMs(const LoginAttempt& attempt) {
    return throttle_.DelayMs(attempt.user, attempt.address);
  }

  // Looks at one attempt. Slow: hashes a password. A verifier made by an older method is replaced
  // on the way; if that fails, it stays, and the log says so.
  // Errors: those of PasswordHasher::Verify; the attempt counts for nothing.
  Result<LoginDecision> Decide(const LoginAttempt& attempt);

 private:
  Authenticator(UserRegistry& users, const PasswordHasher& hasher, LoginThrottle& throttle,
                DefaultPassword default_password, std::string dummy_verifier)
      : default_password_(default_password),
        dummy_verifier_(std::move(dummy_verifier)),
        users_(users),
        hasher_(hasher),
        throttle_(throttle) {}

  Result<LoginDecision> Judge(const LoginAttempt& attempt);
  void Refresh(const User& user, std::string_view password);

  const DefaultPassword default_password_;
  const std::string dummy_verifier_;  // What the passwords of unknown users are compared with.
  UserRegistry& users_;
  const PasswordHasher& hasher_;
  LoginThrottle& throttle_;
};

}  // namespace immudb::auth
