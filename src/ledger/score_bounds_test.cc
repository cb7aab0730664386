#include "ledger/score_bounds.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace immudb::ledger {
namespace {

// The bits of every kind of number, and those beside them, in order.
std::vector<std::uint64_t> AllKinds() {
  std::vector<std::uint64_t> kinds;
  for (const double number : {0.0, 5e-324, 1.0, 2.0, 1e300, std::numeric_limits<double>::infinity(),
                              std::numeric_limits<double>::quiet_NaN()}) {
    for (const double signed_number : {number, -number}) {
      for (const int step : {-1, 0, 1}) {
        kinds.push_back(ScoreBits(signed_number) + static_cast<std::uint64_t>(step));
      }
    }
  }
  std::ranges::sort(kinds);
  return kinds;
}

bool Passes(std::uint64_t bits, std::optional<double> min, std::optional<double> max) {
  const auto score = std::bit_cast<double>(bits);
  return !(min && score < *min) && !(max && score > *max);
}

TEST(ScoreBoundsTest, TheNearestScoreThatPassesIsFoundForAllKindsOfNumbers) {
  const std::vector<std::uint64_t> kinds = AllKinds();
  std::vector<std::optional<double>> bounds{std::nullopt};
  for (const std::uint64_t bits : kinds) bounds.emplace_back(std::bit_cast<double>(bits));
  for (const auto& min : bounds) {
    for (const auto& max : bounds) {
      const ScoreBounds between(min, max);
      for (const std::uint64_t bits : kinds) {
        SCOPED_TRACE(testing::Message()
                     << std::hex << bits << " " << min.value_or(0) << " " << max.value_or(0));
        const auto after = between.AtOrAfter(bits);
        const auto before = between.AtOrBefore(bits);
        ASSERT_EQ(after == bits, Passes(bits, min, max));
        ASSERT_EQ(before == bits, Passes(bits, min, max));
        // What is found passes, and what is passed over does not.
        ASSERT_TRUE(!after || (*after >= bits && Passes(*after, min, max)));
        ASSERT_TRUE(!before || (*before <= bits && Passes(*before, min, max)));
        for (const std::uint64_t other : kinds) {
          const bool is_skipped = (other >= bits && (!after || other < *after)) ||
                                  (other <= bits && (!before || other > *before));
          ASSERT_FALSE(is_skipped && Passes(other, min, max)) << other;
        }
      }
    }
  }
}

}  // namespace
}  // namespace immudb::ledger
