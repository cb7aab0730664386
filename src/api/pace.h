// How a long answer gives way: while other calls begin, it rests after each piece of its work for
// as long as the piece took, whatever the system's scheduler makes of the priority of its threads.

#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace immudb::api {

// Of one long answer. Used by one thread at a time.
class Pace {
 public:
  // Both must outlive it. `calls_begun` counts the calls of all.
  Pace(const Clock& clock, const std::atomic<std::uint64_t>& calls_begun)
      : clock_(&clock), calls_begun_(&calls_begun), calls_begun_before_(CallsBegun()) {}

  void BeginPiece() { piece_begin_ns_ = clock_->MonotonicNs(); }

  // From now it rests as long as the piece took, but for no longer than kRestMax, since a piece may
  // have waited for a disk or a processor; not at all if no call has begun since the piece before
  // ended.
  void EndPiece() {
    const std::int64_t now_ns = clock_->MonotonicNs();
    const std::int64_t taken_ns = std::min(now_ns - piece_begin_ns_, kRestMaxNs);
    const std::uint64_t calls_begun = CallsBegun();
    rest_end_ns_ = calls_begun == calls_begun_before_ ? now_ns : now_ns + taken_ns;
    calls_begun_before_ = calls_begun;
  }

  // What is left of the rest; 0 if nothing, and before the first piece.
  std::chrono::nanoseconds Rest() const {
    if (rest_end_ns_ == 0) return {};
    const std::int64_t left_ns = rest_end_ns_ - clock_->MonotonicNs();
    return std::chrono::nanoseconds(std::max<std::int64_t>(left_ns, 0));
  }

 private:
  static constexpr std::int64_t kRestMaxNs = 20'000'000;

  std::uint64_t CallsBegun() const { return calls_begun_->load(std::memory_order_relaxed); }

  const Clock* clock_;
  const std::atomic<std::uint64_t>* calls_begun_;
  std::uint64_t calls_begun_before_;
  std::int64_t piece_begin_ns_ = 0;
  std::int64_t rest_end_ns_ = 0;
};

}  // namespace immudb::api
