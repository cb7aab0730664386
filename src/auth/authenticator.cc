#include "auth/authenticator.h"

#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace immudb::auth {

Result<std::unique_ptr<Authenticator>> Authenticator::Create(UserRegistry& users,
                                                             const PasswordHasher& hasher,
                                                             LoginThrottle& throttle,
                                                             DefaultPassword default_password) {
  IMMUDB_ASSIGN(std::string dummy, hasher.Hash("nobody has this password"));
  return std::unique_ptr<Authenticator>(
      new Authenticator(users, hasher, throttle, default_password, std::move(dummy)));
}

Result<LoginDecision> Authenticator::Decide(const LoginAttempt& attempt) {
  // Asked again here: while the attempt waited for its turn, others of its kind may have failed.
  const std::int64_t delay_ms = DelayMs(attempt);
  if (delay_ms > 0) {
    return LoginDecision{.outcome = LoginOutcome::kThrottled, .retry_after_ms = delay_ms};
  }

  IMMUDB_ASSIGN(LoginDecision decision, Judge(attempt));
  if (decision.outcome == LoginOutcome::kAccepted) {
    throttle_.RecordSuccess(attempt.user, attempt.address);
  } else {
    throttle_.RecordFailure(attempt.user, attempt.address);
  }
  return decision;
}

Result<LoginDecision> Authenticator::Judge(const LoginAttempt& attempt) {
  std::shared_ptr<const User> user = users_.Find(attempt.user);
  const std::string_view verifier = user ? user->verifier : dummy_verifier_;
  IMMUDB_ASSIGN(const PasswordMatch match, hasher_.Verify(attempt.password, verifier));
  if (user == nullptr || match == PasswordMatch::kNo) {
    return LoginDecision{.outcome = LoginOutcome::kWrongCredentials};
  }
  if (!user->active) return LoginDecision{.outcome = LoginOutcome::kInactive};

  const bool is_default = user->is_superadmin() && attempt.password == kSuperadminDefaultPassword;
  if (is_default && !attempt.is_loopback &&
      default_password_ == DefaultPassword::kFromThisMachineOnly) {
    return LoginDecision{.outcome = LoginOutcome::kDefaultPasswordFromAfar};
  }
  if (match == PasswordMatch::kYesButStale) Refresh(*user, attempt.password);
  return LoginDecision{.outcome = LoginOutcome::kAccepted,
                       .user = std::move(user),
                       .is_default_password = is_default};
}

void Authenticator::Refresh(const User& user, std::string_view password) {
  Result<std::string> fresh = hasher_.Hash(password);
  Status status = fresh ? users_.RefreshVerifier(user.name, user.verifier, *std::move(fresh))
                        : Status(fresh.error());
  if (!status) {
    Log(LogLevel::kWarning, "the password of a user could not be hashed anew at login: {}",
        status.error().message);
  }
}

}  // namespace immudb::auth
