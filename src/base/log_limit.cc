#include "base/log_limit.h"

#include <algorithm>
#include <utility>

namespace immudb {
namespace {

constexpr std::int64_t kMinuteNs = 60'000'000'000;

}  // namespace

std::optional<std::uint64_t> LogLimit::Allow() {
  const std::int64_t line_ns = kMinuteNs / options_.per_minute;
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  const std::int64_t busy_until_ns = std::max(whole_at_ns_, now_ns) + line_ns;
  if (busy_until_ns - now_ns > line_ns * options_.burst) {
    ++left_out_;
    return std::nullopt;
  }
  whole_at_ns_ = busy_until_ns;
  return std::exchange(left_out_, 0);
}

}  // namespace immudb
