#include "auth/authenticator.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "auth/crypt_password_hasher.h"
#include "base/error.h"
#include "crypto/seeded_random.h"

namespace immudb::auth {
namespace {

// Verifiers are "plain:" or "old:" and the password.
class PlainHasher : public PasswordHasher {
 public:
  Result<PasswordMatch> Verify(std::string_view password,
                               std::string_view verifier) const override {
    verified.emplace_back(verifier);
    if (error) return *error;
    if (verifier == Text("plain:{}", password)) return PasswordMatch::kYes;
    if (verifier == Text("old:{}", password)) return PasswordMatch::kYesButStale;
    return PasswordMatch::kNo;
  }
  Result<std::string> Hash(std::string_view password) const override {
    if (error) return *error;
    return Text("plain:{}", password);
  }

  mutable std::vector<std::string> verified;
  std::optional<Error> error;
};

class AuthenticatorTest : public testing::Test {
 protected:
  AuthenticatorTest() {
    AddUser("immudb", "plain:immudb");
    AddUser("alice", "plain:secret");
    Make(Authenticator::DefaultPassword::kFromThisMachineOnly);
  }

  void AddUser(std::string name, std::string verifier) {
    User user;
    user.name = std::move(name);
    user.verifier = std::move(verifier);
    EXPECT_TRUE(users_.Create(user));
  }
  void Make(Authenticator::DefaultPassword rule) {
    authenticator_ = Authenticator::Create(users_, hasher_, throttle_, rule).value();
  }
  LoginDecision Decide(std::string_view user, std::string_view password, bool is_loopback = false) {
    return authenticator_
        ->Decide({.user = user,
                  .password = password,
                  .address = is_loopback ? "127.0.0.1" : "192.0.2.1",
                  .is_loopback = is_loopback})
        .value();
  }

  FakeClock clock_;
  LoginThrottle throttle_{clock_, {}};
  UserRegistry users_{[this](BytesView) -> Status {
    if (store_fails_) return Fail(Code::kIo, "no");
    return {};
  }};
  bool store_fails_ = false;
  PlainHasher hasher_;
  std::unique_ptr<Authenticator> authenticator_;
};

TEST_F(AuthenticatorTest, TheRightPasswordOpens) {
  const LoginDecision decision = Decide("alice", "secret");
  EXPECT_EQ(decision.outcome, LoginOutcome::kAccepted);
  EXPECT_EQ(decision.user->name, "alice");
  EXPECT_FALSE(decision.is_default_password);
}

TEST_F(AuthenticatorTest, AnUnknownUserGetsTheSameAnswerAfterTheSameWork) {
  EXPECT_EQ(Decide("alice", "wrong").outcome, LoginOutcome::kWrongCredentials);
  EXPECT_EQ(Decide("nobody", "wrong").outcome, LoginOutcome::kWrongCredentials);
  ASSERT_EQ(hasher_.verified.size(), 2u);
  EXPECT_EQ(hasher_.verified[0], "plain:secret");
  EXPECT_TRUE(hasher_.verified[1].starts_with("plain:"));
}

TEST_F(AuthenticatorTest, NoPasswordOpensForAnUnknownUserNotEvenThatOfTheDummy) {
  ASSERT_EQ(Decide("nobody", "wrong").outcome, LoginOutcome::kWrongCredentials);
  const std::string dummy_password = hasher_.verified.back().substr(6);
  EXPECT_EQ(Decide("nobody", dummy_password).outcome, LoginOutcome::kWrongCredentials);
}

TEST_F(AuthenticatorTest, ADeactivatedUserIsToldSoOnlyWithTheRightPassword) {
  User user = *users_.Find("alice");
  user.active = false;
  ASSERT_TRUE(users_.Replace(user));
  EXPECT_EQ(Decide("alice", "secret").outcome, LoginOutcome::kInactive);
  EXPECT_EQ(Decide("alice", "wrong").outcome, LoginOutcome::kWrongCredentials);
}

TEST_F(AuthenticatorTest, TheDefaultPasswordOpensFromThisMachineOnly) {
  EXPECT_EQ(Decide("immudb", "immudb").outcome, LoginOutcome::kDefaultPasswordFromAfar);
  const LoginDecision near = Decide("immudb", "immudb", true);
  EXPECT_EQ(near.outcome, LoginOutcome::kAccepted);
  EXPECT_TRUE(near.is_default_password);
  Make(Authenticator::DefaultPassword::kFromAnywhere);
  const LoginDecision far = Decide("immudb", "immudb");
  EXPECT_EQ(far.outcome, LoginOutcome::kAccepted);
  EXPECT_TRUE(far.is_default_password);
}

TEST_F(AuthenticatorTest, AnotherUserMayHaveTheDefaultPassword) {
  AddUser("careless", "plain:immudb");
  const LoginDecision decision = Decide("careless", "immudb");
  EXPECT_EQ(decision.outcome, LoginOutcome::kAccepted);
  EXPECT_FALSE(decision.is_default_password);
}

TEST_F(AuthenticatorTest, AGuesserIsNotEvenLookedAt) {
  for (int i = 0; i < 6; ++i) Decide("alice", "wrong");
  hasher_.verified.clear();
  const LoginDecision decision = Decide("alice", "secret");
  EXPECT_EQ(decision.outcome, LoginOutcome::kThrottled);
  EXPECT_EQ(decision.retry_after_ms, 1000);
  EXPECT_TRUE(hasher_.verified.empty());
  EXPECT_EQ(Decide("alice", "secret", true).outcome, LoginOutcome::kAccepted);
  clock_.AdvanceMs(1000);
  EXPECT_EQ(Decide("alice", "secret").outcome, LoginOutcome::kAccepted);
}

TEST_F(AuthenticatorTest, AStaleVerifierIsReplacedAtLogin) {
  AddUser("old", "old:secret");
  EXPECT_EQ(Decide("old", "wrong").outcome, LoginOutcome::kWrongCredentials);
  EXPECT_EQ(users_.Find("old")->verifier, "old:secret");
  EXPECT_EQ(Decide("old", "secret").outcome, LoginOutcome::kAccepted);
  EXPECT_EQ(users_.Find("old")->verifier, "plain:secret");
  EXPECT_EQ(users_.Find("old")->version, 1u);
}

TEST_F(AuthenticatorTest, AStaleVerifierThatCannotBeReplacedStillOpens) {
  AddUser("old", "old:secret");
  store_fails_ = true;
  EXPECT_EQ(Decide("old", "secret").outcome, LoginOutcome::kAccepted);
  EXPECT_EQ(users_.Find("old")->verifier, "old:secret");
}

TEST_F(AuthenticatorTest, AFailureOfTheHasherIsNoFailureOfTheCaller) {
  hasher_.error = Fail(Code::kExhausted, "no memory");
  for (int i = 0; i < 10; ++i) {
    const auto decision =
        authenticator_->Decide({.user = "alice", .password = "secret", .address = "192.0.2.1"});
    ASSERT_FALSE(decision);
    EXPECT_EQ(decision.error().code, Code::kExhausted);
  }
  hasher_.error.reset();
  EXPECT_EQ(Decide("alice", "secret").outcome, LoginOutcome::kAccepted);
}

TEST(CryptPasswordHasherTest, HashesAndRecognisesPasswords) {
  crypto::SeededRandom random(1);
  const CryptPasswordHasher hasher(random, {.yescrypt = 1});
  const std::string verifier = hasher.Hash("secret").value();
  EXPECT_EQ(hasher.Verify("secret", verifier).value(), PasswordMatch::kYes);
  EXPECT_EQ(hasher.Verify("Secret", verifier).value(), PasswordMatch::kNo);
  const CryptPasswordHasher costlier(random, {.yescrypt = 2});
  EXPECT_EQ(costlier.Verify("secret", verifier).value(), PasswordMatch::kYesButStale);
  EXPECT_FALSE(hasher.Verify("secret", "secret"));
}

}  // namespace
}  // namespace immudb::auth
