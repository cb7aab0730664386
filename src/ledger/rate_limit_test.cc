#include "ledger/rate_limit.h"

#include <gtest/gtest.h>

namespace immudb::ledger {
namespace {

constexpr std::uint64_t kMiB = 1u << 20;

TEST(RateLimitTest, WhoRestsAsLongAsToldKeepsToTheLimit) {
  FakeClock clock;
  RateLimit limit(clock, 64 * kMiB);
  const std::int64_t begin = clock.monotonic_ns;
  std::uint64_t used = 0;
  for (int i = 0; i < 1000; i++) {
    clock.monotonic_ns += limit.Use(8 * kMiB).count();
    used += 8 * kMiB;
  }
  const double seconds = static_cast<double>(clock.monotonic_ns - begin) / 1e9;
  EXPECT_NEAR(static_cast<double>(used) / seconds, 64e0 * kMiB, 0.01 * 64 * kMiB);
}

TEST(RateLimitTest, AShortBurstIsFreeAndIdlenessIsNotSavedUp) {
  FakeClock clock;
  clock.AdvanceMs(1'000'000);
  RateLimit limit(clock, 64 * kMiB);
  EXPECT_EQ(limit.Use(8 * kMiB).count(), 0);
  EXPECT_GT(limit.Use(8 * kMiB).count(), 0);
}

TEST(RateLimitTest, SeveralUsersStayBelowItTogether) {
  FakeClock clock;
  RateLimit limit(clock, kMiB);
  const auto first = limit.Use(kMiB);
  EXPECT_GT(limit.Use(kMiB), first);
}

TEST(RateLimitTest, NoLimitIsNoRest) {
  FakeClock clock;
  RateLimit limit(clock, 0);
  EXPECT_EQ(limit.Use(1u << 30).count(), 0);
}

}  // namespace
}  // namespace immudb::ledger
