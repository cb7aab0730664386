// Slows down those who guess passwords, without ever locking an account.
//
// Failures are counted per user and address, and per address. Beyond the limit each further failure
// doubles the time, up to a minute, in which no attempt of that pair or address is looked at. A
// user who comes from another address is not concerned.

#pragma once

#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"

namespace immudb::auth {

// Thread-safe.
class LoginThrottle {
 public:
  struct Options {
    std::uint32_t user_failures_per_minute = 5;      // Of one user from one address.
    std::uint32_t address_failures_per_minute = 20;  // Of all users from one address.
    std::int64_t delay_max_ms = 60'000;
    // A server with so many guessing addresses forgets those it has not heard of for longest.
    std::size_t counters_max = 65'536;
  };

  LoginThrottle(const Clock& clock, Options options) : options_(options), clock_(clock) {}

  // Returns how long the caller has to wait before an attempt will be looked at; 0: not at all.
  std::int64_t DelayMs(std::string_view user, std::string_view address) const;

  void RecordFailure(std::string_view user, std::string_view address);

  // Forgets the failures of the user from that address; those of the address stand, for a guesser
  // may own an account.
  void RecordSuccess(std::string_view user, std::string_view address);

 private:
  struct Counter {
    std::string key;
    std::int64_t window_start_ns = 0;
    std::uint32_t failures = 0;  // Since the window's start.
    std::uint32_t excess = 0;    // Failures beyond the limit since the last quiet time.
    std::int64_t last_ns = 0;
    std::int64_t blocked_until_ns = 0;
  };
  using Counters = std::list<Counter>;  // The one that failed last is in front.

  std::int64_t BlockedUntil(const std::string& key) const IMMUDB_REQUIRES(mutex_);
  void Count(std::string key, std::uint32_t limit) IMMUDB_REQUIRES(mutex_);

  const Options options_;
  const Clock& clock_;
  mutable Mutex mutex_;
  Counters counters_ IMMUDB_GUARDED_BY(mutex_);
  std::unordered_map<std::string_view, Counters::iterator> by_key_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::auth
