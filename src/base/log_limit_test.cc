#include "base/log_limit.h"

#include <gtest/gtest.h>

namespace immudb {
namespace {

TEST(LogLimitTest, ABurstIsShownThenAFewAMinuteAndTheRestCounted) {
  FakeClock clock;
  LogLimit limit(clock, {.burst = 3, .per_minute = 6});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.Allow(), 0U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.Allow(), std::nullopt);
  clock.AdvanceMs(9'999);
  EXPECT_EQ(limit.Allow(), std::nullopt);
  clock.AdvanceMs(1);
  EXPECT_EQ(limit.Allow(), 101U);
  EXPECT_EQ(limit.Allow(), std::nullopt);
  clock.AdvanceMs(60'000);
  EXPECT_EQ(limit.Allow(), 1U);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limit.Allow(), 0U);
  EXPECT_EQ(limit.Allow(), std::nullopt);
}

}  // namespace
}  // namespace immudb
