#include "auth/login_throttle.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/network_of.h"

namespace immudb::auth {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kMinuteNs = 60'000 * kNsPerMs;
// After so long without a failure a pair starts anew. Longer than the longest delay by far, or
// waiting the delay out would give a guesser a fresh allowance each time.
constexpr std::int64_t kQuietNs = 15 * kMinuteNs;
constexpr std::int64_t kFirstDelayMs = 1000;

// Names come from outside and may be long; two that share a number share a counter, no more.
std::string PairKey(std::string_view user, std::string_view network) {
  return Text("{:x}@{}", std::hash<std::string_view>{}(user), network);
}

std::int64_t CeilMs(std::int64_t ns) {
  return (ns + kNsPerMs - 1) / kNsPerMs;
}

}  // namespace

bool LoginThrottle::IsUsedUp(const Address& address, std::int64_t now_ns) const {
  const std::int64_t failure_ns = kMinuteNs / options_.address_failures_per_minute;
  return address.whole_at_ns + failure_ns - now_ns > kMinuteNs;
}

LoginThrottle::Pair& LoginThrottle::TouchPair(std::string key, std::int64_t now_ns) {
  return pairs_.Touch(std::move(key), [now_ns](const Pair& pair) {
    return pair.blocked_until_ns > now_ns || (pair.excess > 0 && now_ns - pair.last_ns < kQuietNs);
  });
}

std::int64_t LoginThrottle::DelayMs(std::string_view user, std::string_view address) {
  const std::string network = NetworkOf(address);
  std::string pair_key = PairKey(user, network);
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  const Pair* const pair = pairs_.Find(pair_key);
  if (pair != nullptr && pair->blocked_until_ns > now_ns) {
    return CeilMs(pair->blocked_until_ns - now_ns);
  }
  const Address* const counted = addresses_.Find(network);
  if (counted == nullptr || !IsUsedUp(*counted, now_ns)) return 0;
  if (known_.Find(pair_key) != nullptr) return 0;
  if (pair != nullptr && pair->promised_ns != 0) {
    return CeilMs(std::max<std::int64_t>(0, pair->promised_ns - now_ns));
  }
  TouchPair(std::move(pair_key), now_ns).promised_ns =
      now_ns + options_.address_delay_ms * kNsPerMs;
  return options_.address_delay_ms;
}

void LoginThrottle::RecordFailure(std::string_view user, std::string_view address) {
  std::string network = NetworkOf(address);
  std::string pair_key = PairKey(user, network);
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  Address& counted = addresses_.Touch(
      std::move(network), [now_ns](const Address& other) { return other.whole_at_ns > now_ns; });
  // Beyond the allowance of its address each pair has none of its own.
  Count(TouchPair(std::move(pair_key), now_ns), IsUsedUp(counted, now_ns), now_ns);
  const std::int64_t failure_ns = kMinuteNs / options_.address_failures_per_minute;
  counted.whole_at_ns =
      std::min(std::max(counted.whole_at_ns, now_ns) + failure_ns, now_ns + kMinuteNs);
}

void LoginThrottle::RecordSuccess(std::string_view user, std::string_view address) {
  std::string pair_key = PairKey(user, NetworkOf(address));
  const MutexLock lock(mutex_);
  pairs_.Erase(pair_key);
  known_.Touch(std::move(pair_key), [](const Known& /*known*/) { return false; });
}

void LoginThrottle::Count(Pair& pair, bool is_excess, std::int64_t now_ns) const {
  if (now_ns - pair.last_ns >= kQuietNs) pair.excess = 0;
  if (pair.failures == 0 || now_ns - pair.window_start_ns >= kMinuteNs) {
    pair.window_start_ns = now_ns;
    pair.failures = 0;
  }
  pair.last_ns = now_ns;
  pair.promised_ns = 0;
  ++pair.failures;
  if (!is_excess && pair.failures <= options_.user_failures_per_minute && pair.excess == 0) return;

  std::int64_t delay_ms = kFirstDelayMs;
  for (std::uint32_t i = 0; i < pair.excess && delay_ms < options_.delay_max_ms; ++i) {
    delay_ms *= 2;
  }
  ++pair.excess;
  pair.blocked_until_ns = now_ns + std::min(delay_ms, options_.delay_max_ms) * kNsPerMs;
}

}  // namespace immudb::auth
