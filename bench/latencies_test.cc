#include "latencies.h"

#include <gtest/gtest.h>

#include <vector>

namespace immudb::bench {
namespace {

using std::chrono::nanoseconds;

TEST(LatenciesTest, AQuantileIsWithinASixtyFourthOfTheTimeItStandsFor) {
  for (std::int64_t ns = 1; ns < std::int64_t{1} << 40; ns = ns * 3 / 2 + 1) {
    Latencies times;
    times.Add(nanoseconds(ns));
    times.Add(nanoseconds(std::int64_t{1} << 41));
    const double us = static_cast<double>(ns) / 1000;
    EXPECT_GE(times.QuantileUs(0.25), us) << ns;
    EXPECT_LE(times.QuantileUs(0.25), us * (1 + 1.0 / 64)) << ns;
  }
}

TEST(LatenciesTest, QuantilesCountTimesAndTheGreatestIsExact) {
  Latencies times;
  for (int i = 1; i <= 1000; ++i) times.Add(nanoseconds(i * 1000));
  EXPECT_EQ(times.count(), 1000u);
  EXPECT_NEAR(times.QuantileUs(0.5), 500, 10);
  EXPECT_NEAR(times.QuantileUs(0.99), 990, 17);
  EXPECT_EQ(times.QuantileUs(1), 1000);
  EXPECT_EQ(times.max_us(), 1000);
}

TEST(LatenciesTest, AddingAnotherIsAsIfAllTimesHadBeenAddedToOne) {
  Latencies one;
  Latencies other;
  Latencies both;
  for (int i = 0; i < 500; ++i) {
    (i % 3 == 0 ? one : other).Add(nanoseconds(i * i));
    both.Add(nanoseconds(i * i));
  }
  one.Add(other);
  EXPECT_EQ(one.count(), both.count());
  EXPECT_EQ(one.max_us(), both.max_us());
  for (const double part : {0.1, 0.5, 0.9}) EXPECT_EQ(one.QuantileUs(part), both.QuantileUs(part));
}

TEST(LatenciesTest, OfNoTimesEveryQuantileIsZero) {
  EXPECT_EQ(Latencies().QuantileUs(0.5), 0);
}

}  // namespace
}  // namespace immudb::bench
