#include "auth/login_throttle.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/hex.h"

namespace immudb::auth {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kMinuteNs = 60'000 * kNsPerMs;
// After so long without a failure a counter starts anew. Longer than the longest delay by far, or
// waiting the delay out would give a guesser a fresh allowance each time.
constexpr std::int64_t kQuietNs = 15 * kMinuteNs;
constexpr std::int64_t kFirstDelayMs = 1000;

// What IPv4 addresses begin with in IPv6's form.
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

// One subscriber holds a whole /64 of IPv6 addresses, so it counts as one address.
std::string AddressKey(std::string_view address) {
  std::array<std::uint8_t, 16> bytes{};
  const std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return "a" + text;
  if (std::equal(kMapped.begin(), kMapped.end(), bytes.begin())) {
    return Text("a{}.{}.{}.{}", bytes[12], bytes[13], bytes[14], bytes[15]);
  }
  return "a" + ToHex(BytesView(bytes).first(8));
}

// Names come from outside and may be long; two that share a number share a counter, no more.
std::string UserKey(std::string_view user, std::string_view address) {
  return Text("u{:x}@{}", std::hash<std::string_view>{}(user), AddressKey(address));
}

}  // namespace

std::int64_t LoginThrottle::BlockedUntil(const std::string& key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? 0 : found->second->blocked_until_ns;
}

std::int64_t LoginThrottle::DelayMs(std::string_view user, std::string_view address) const {
  const std::string user_key = UserKey(user, address);
  const std::string address_key = AddressKey(address);
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  const std::int64_t until_ns = std::max(BlockedUntil(user_key), BlockedUntil(address_key));
  if (until_ns <= now_ns) return 0;
  return (until_ns - now_ns + kNsPerMs - 1) / kNsPerMs;
}

void LoginThrottle::RecordFailure(std::string_view user, std::string_view address) {
  std::string user_key = UserKey(user, address);
  std::string address_key = AddressKey(address);
  const MutexLock lock(mutex_);
  Count(std::move(user_key), options_.user_failures_per_minute);
  Count(std::move(address_key), options_.address_failures_per_minute);
}

void LoginThrottle::RecordSuccess(std::string_view user, std::string_view address) {
  const std::string user_key = UserKey(user, address);
  const MutexLock lock(mutex_);
  const auto found = by_key_.find(user_key);
  if (found == by_key_.end()) return;
  const auto counter = found->second;
  by_key_.erase(found);
  counters_.erase(counter);
}

void LoginThrottle::Count(std::string key, std::uint32_t limit) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    if (counters_.size() >= options_.counters_max) {
      by_key_.erase(counters_.back().key);
      counters_.pop_back();
    }
    counters_.push_front({.key = std::move(key), .window_start_ns = now_ns, .last_ns = now_ns});
    by_key_.emplace(counters_.front().key, counters_.begin());
  } else {
    counters_.splice(counters_.begin(), counters_, found->second);
  }

  Counter& counter = counters_.front();
  if (now_ns - counter.last_ns >= kQuietNs) counter.excess = 0;
  if (now_ns - counter.window_start_ns >= kMinuteNs) {
    counter.window_start_ns = now_ns;
    counter.failures = 0;
  }
  counter.last_ns = now_ns;
  ++counter.failures;
  if (counter.failures <= limit && counter.excess == 0) return;

  std::int64_t delay_ms = kFirstDelayMs;
  for (std::uint32_t i = 0; i < counter.excess && delay_ms < options_.delay_max_ms; ++i) {
    delay_ms *= 2;
  }
  ++counter.excess;
  counter.blocked_until_ns = now_ns + std::min(delay_ms, options_.delay_max_ms) * kNsPerMs;
}

}  // namespace immudb::auth
