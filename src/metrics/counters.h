// Numbers that are counted while calls are served, and read when somebody looks.
//
// Adding takes no lock and never waits.

#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace immudb::metrics {

// Only grows. Thread-safe.
class Counter {
 public:
  void Add(std::uint64_t count = 1) { value_.fetch_add(count, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Upper bounds in seconds; those of the original's histograms.
inline constexpr std::array<double, 11> kSecondsBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                          0.5,   1,    2.5,   5,    10};

struct HistogramValues {
  std::array<std::uint64_t, kSecondsBounds.size() + 1> counts{};  // Not cumulative; last: beyond.
  double sum_seconds = 0;
};

// How long something took. What is read while others add may lack the newest of them in one number
// and not in the other. Thread-safe.
class DurationHistogram {
 public:
  void Add(std::int64_t duration_ns) {
    const double seconds = static_cast<double>(duration_ns) * 1e-9;
    const auto bound = std::lower_bound(kSecondsBounds.begin(), kSecondsBounds.end(), seconds);
    counts_[static_cast<std::size_t>(bound - kSecondsBounds.begin())].Add();
    sum_ns_.Add(static_cast<std::uint64_t>(std::max<std::int64_t>(duration_ns, 0)));
  }

  HistogramValues values() const {
    HistogramValues values;
    for (std::size_t i = 0; i < counts_.size(); ++i) values.counts[i] = counts_[i].value();
    values.sum_seconds = static_cast<double>(sum_ns_.value()) * 1e-9;
    return values;
  }

 private:
  std::array<Counter, kSecondsBounds.size() + 1> counts_;
  Counter sum_ns_;
};

}  // namespace immudb::metrics
