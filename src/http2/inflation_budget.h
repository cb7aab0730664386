// How much the sessions of one loop may inflate: its thread serves every connection, and a few KB
// cost it 10 ms once they have become 4 MiB.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace immudb::http2 {

// Not thread-safe.
class InflationBudget {
 public:
  // A fifth of the loop's time at most.
  static constexpr std::int64_t kBytesPerSecond = 64 << 20;
  static constexpr std::int64_t kBurstBytes = 8 << 20;

  // `clock` outlives it.
  explicit InflationBudget(const Clock& clock) : clock_(clock), filled_ns_(clock.MonotonicNs()) {}

  // True if something may be inflated now, whatever it comes to.
  bool IsOpen() {
    constexpr std::int64_t ns_per_ms = 1'000'000;
    constexpr std::int64_t bytes_per_ms = kBytesPerSecond / 1000;
    const std::int64_t passed_ms = (clock_.MonotonicNs() - filled_ns_) / ns_per_ms;
    bytes_ = passed_ms >= kBurstBytes / bytes_per_ms
                 ? std::max(bytes_, kBurstBytes)
                 : std::min(kBurstBytes, bytes_ + passed_ms * bytes_per_ms);
    filled_ns_ += passed_ms * ns_per_ms;
    return bytes_ > 0;
  }

  void Spend(std::size_t bytes) { bytes_ -= static_cast<std::int64_t>(bytes); }

 private:
  const Clock& clock_;
  std::int64_t bytes_ = kBurstBytes;
  std::int64_t filled_ns_;
};

}  // namespace immudb::http2
