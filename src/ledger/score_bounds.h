// Which scores lie between two bounds, in the order in which a sorted set is stored: by the bits of
// the score, so 0 and positive numbers up, positive NaNs, then -0 and negative numbers down,
// negative NaNs. No bound leaves out a NaN, and a bound that is one leaves out nothing, as in
// immudb 0.8.1.

#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

namespace immudb::ledger {

inline std::uint64_t ScoreBits(double score) {
  return std::bit_cast<std::uint64_t>(score);
}

class ScoreBounds {
 public:
  // Both bounds are inclusive.
  ScoreBounds(std::optional<double> min, std::optional<double> max) {
    // How far from zero the numbers of either sign may be; 0 and -0 are equal as bounds.
    const std::uint64_t positive_from = min && *min > 0 ? ScoreBits(*min) : 0;
    const std::uint64_t positive_to = max && *max >= 0 ? ScoreBits(std::fabs(*max)) : kInfinity;
    const std::uint64_t negative_from = max && *max < 0 ? ScoreBits(-*max) : 0;
    const std::uint64_t negative_to = min && *min <= 0 ? ScoreBits(std::fabs(*min)) : kInfinity;
    if (!(max && *max < 0)) Add(positive_from, positive_to);
    Add(kInfinity + 1, kSign - 1);
    if (!(min && *min > 0)) Add(kSign | negative_from, kSign | negative_to);
    Add(kSign | (kInfinity + 1), ~std::uint64_t{0});
  }

  // The nearest score that passes, at or after `bits` in the stored order; none if there is none.
  std::optional<std::uint64_t> AtOrAfter(std::uint64_t bits) const {
    for (std::size_t i = 0; i < count_; i++) {
      if (bits <= intervals_[i].last) return std::max(bits, intervals_[i].first);
    }
    return std::nullopt;
  }

  // The same, at or before `bits`.
  std::optional<std::uint64_t> AtOrBefore(std::uint64_t bits) const {
    for (std::size_t i = count_; i-- > 0;) {
      if (bits >= intervals_[i].first) return std::min(bits, intervals_[i].last);
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  static constexpr std::uint64_t kInfinity =
      std::bit_cast<std::uint64_t>(std::numeric_limits<double>::infinity());

  struct Interval {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };

  void Add(std::uint64_t first, std::uint64_t last) {
    if (first <= last) intervals_[count_++] = {first, last};
  }

  std::array<Interval, 4> intervals_{};  // In order.
  std::size_t count_ = 0;
};

}  // namespace immudb::ledger
