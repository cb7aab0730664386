#include "auth/login_throttle.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace immudb::auth {
namespace {

class LoginThrottleTest : public testing::Test {
 protected:
  void Fail(int times, std::string_view user, std::string_view address) {
    for (int i = 0; i < times; ++i) throttle_.RecordFailure(user, address);
  }

  FakeClock clock_;
  LoginThrottle throttle_{clock_, {.counters_max = 100}};
};

TEST_F(LoginThrottleTest, FiveFailuresAMinuteCostNothing) {
  Fail(5, "alice", "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  clock_.AdvanceMs(60'000);
  Fail(5, "alice", "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
}

TEST_F(LoginThrottleTest, EachFurtherFailureDoublesTheDelayUpToAMinute) {
  Fail(5, "alice", "192.0.2.1");
  for (const std::int64_t delay_ms :
       {1000, 2000, 4000, 8000, 16'000, 32'000, 60'000, 60'000, 60'000}) {
    Fail(1, "alice", "192.0.2.1");
    EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), delay_ms);
    clock_.AdvanceMs(delay_ms - 1);
    EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 1);
    clock_.AdvanceMs(1);
    EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  }
}

TEST_F(LoginThrottleTest, WaitingADelayOutDoesNotGiveANewAllowance) {
  Fail(20, "alice", "192.0.2.1");
  clock_.AdvanceMs(14 * 60'000);
  Fail(1, "alice", "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 60'000);
  clock_.AdvanceMs(15 * 60'000);
  Fail(1, "alice", "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
}

TEST_F(LoginThrottleTest, AnHonestUserFromAnotherAddressIsNotConcerned) {
  Fail(1000, "alice", "192.0.2.1");
  EXPECT_GT(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.2"), 0);
}

TEST_F(LoginThrottleTest, WhereManyNamesWereTriedNewcomersWaitOnceAndAreThenLookedAt) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(throttle_.DelayMs(Text("user{}", i), "192.0.2.1"), 0);
    Fail(1, Text("user{}", i), "192.0.2.1");
  }
  EXPECT_EQ(throttle_.DelayMs("somebody", "192.0.2.2"), 0);
  EXPECT_EQ(throttle_.DelayMs("somebody", "192.0.2.1"), 10'000);
  for (int s = 0; s < 10; ++s) {
    // The guesser goes on; the honest user's time does not grow by it.
    Fail(20, Text("guess{}", s), "192.0.2.1");
    clock_.AdvanceMs(1000);
    EXPECT_EQ(throttle_.DelayMs("somebody", "192.0.2.1"), 9'000 - 1000 * s);
  }
  // Asked again when his turn comes, as after the queue for hashing.
  EXPECT_EQ(throttle_.DelayMs("somebody", "192.0.2.1"), 0);
  throttle_.RecordSuccess("somebody", "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("somebody", "192.0.2.1"), 0);
}

TEST_F(LoginThrottleTest, WhoLoggedInFromAnAddressBeforeIsNotDelayedByWhatOthersDoThere) {
  throttle_.RecordSuccess("alice", "192.0.2.1");
  for (int i = 0; i < 1000; ++i) Fail(1, Text("user{}", i), "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  EXPECT_GT(throttle_.DelayMs("bob", "192.0.2.1"), 0);
  // But guessing his password is.
  Fail(1, "alice", "192.0.2.1");
  EXPECT_GT(throttle_.DelayMs("alice", "192.0.2.1"), 0);
}

TEST_F(LoginThrottleTest, AGuesserGainsNothingByWaitingForHisTurn) {
  for (int i = 0; i < 100; ++i) Fail(1, Text("user{}", i), "192.0.2.1");
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 10'000);
  std::int64_t waited_ms = 0;
  for (int tries = 0; tries < 20; ++tries) {
    Fail(20, "another", "192.0.2.1");  // Keeps the allowance used up.
    const std::int64_t delay_ms = throttle_.DelayMs("alice", "192.0.2.1");
    waited_ms += delay_ms;
    clock_.AdvanceMs(delay_ms);
    if (throttle_.DelayMs("alice", "192.0.2.1") > 0) continue;  // His own time was up first.
    Fail(1, "alice", "192.0.2.1");
  }
  EXPECT_GT(waited_ms, 5 * 60'000);
}

TEST_F(LoginThrottleTest, AnAddressIsForgivenAFailureEveryThreeSeconds) {
  for (int i = 0; i < 20; ++i) Fail(1, Text("user{}", i), "192.0.2.1");
  EXPECT_GT(throttle_.DelayMs("a", "192.0.2.1"), 0);
  clock_.AdvanceMs(3'000);
  EXPECT_EQ(throttle_.DelayMs("b", "192.0.2.1"), 0);
  Fail(1, "b", "192.0.2.1");
  EXPECT_GT(throttle_.DelayMs("c", "192.0.2.1"), 0);
}

TEST_F(LoginThrottleTest, ASuccessForgivesTheUserButNotTheAddress) {
  for (int i = 0; i < 4; ++i) {
    Fail(5, "alice", "192.0.2.1");
    throttle_.RecordSuccess("alice", "192.0.2.1");
  }
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  EXPECT_EQ(throttle_.DelayMs("bob", "192.0.2.1"), 10'000);
}

TEST_F(LoginThrottleTest, AddressesOfOneIPv6NetworkCountAsOne) {
  Fail(6, "alice", "2001:db8:0:1::1");
  EXPECT_GT(throttle_.DelayMs("alice", "2001:db8:0:1:ffff::2"), 0);
  EXPECT_EQ(throttle_.DelayMs("alice", "2001:db8:0:2::1"), 0);
  Fail(6, "bob", "::ffff:192.0.2.7");
  EXPECT_GT(throttle_.DelayMs("bob", "192.0.2.7"), 0);
  EXPECT_EQ(throttle_.DelayMs("bob", "::ffff:192.0.2.8"), 0);
}

TEST_F(LoginThrottleTest, MemoryIsBoundedAndTheLatestGuesserIsRemembered) {
  for (int i = 0; i < 1000; ++i) Fail(6, "alice", Text("192.0.{}.{}", i / 250, i % 250));
  EXPECT_GT(throttle_.DelayMs("alice", "192.0.3.249"), 0);
  EXPECT_EQ(throttle_.DelayMs("alice", "192.0.0.0"), 0);
}

TEST_F(LoginThrottleTest, AGuesserIsNotForgottenForThoseWhoOnlyMistyped) {
  Fail(10, "alice", "192.0.2.1");
  for (int i = 0; i < 1000; ++i) Fail(1, "bob", Text("198.51.{}.{}", i / 250, i % 250));
  EXPECT_GT(throttle_.DelayMs("alice", "192.0.2.1"), 0);
  // And those who come new are counted all the same.
  Fail(6, "carol", "203.0.113.1");
  EXPECT_GT(throttle_.DelayMs("carol", "203.0.113.1"), 0);
}

}  // namespace
}  // namespace immudb::auth
