// A limit of bytes per second for work that may take its time.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

#include "base/clock.h"
#include "base/mutex.h"

namespace immudb::ledger {

// Counts what is used and says how long to rest afterwards: whoever does so uses no more than the
// limit on average, with bursts of what an eighth of a second allows. Shared by all who are to stay
// below it together. Thread-safe.
class RateLimit {
 public:
  // `bytes_per_second` 0: no limit. `clock` must outlive it.
  RateLimit(const Clock& clock, std::uint64_t bytes_per_second)
      : clock_(clock), bytes_per_second_(bytes_per_second) {}

  std::chrono::nanoseconds Use(std::uint64_t bytes) {
    if (bytes_per_second_ == 0) return {};
    const double cost_ns =
        static_cast<double>(bytes) * 1e9 / static_cast<double>(bytes_per_second_);
    const std::int64_t now_ns = clock_.MonotonicNs();
    const MutexLock lock(mutex_);
    paid_at_ns_ = std::max(paid_at_ns_, now_ns - kBurstNs) + static_cast<std::int64_t>(cost_ns);
    return std::chrono::nanoseconds(std::max<std::int64_t>(0, paid_at_ns_ - now_ns));
  }

  // What may be used at once without a rest.
  std::uint64_t burst_bytes() const {
    if (bytes_per_second_ == 0) return std::numeric_limits<std::uint64_t>::max();
    return std::max<std::uint64_t>(1, bytes_per_second_ / kBurstsPerSecond);
  }

 private:
  static constexpr std::int64_t kBurstsPerSecond = 8;
  static constexpr std::int64_t kBurstNs = 1'000'000'000 / kBurstsPerSecond;

  const Clock& clock_;
  const std::uint64_t bytes_per_second_;
  Mutex mutex_;
  // When all that was used is paid for.
  std::int64_t paid_at_ns_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

}  // namespace immudb::ledger
