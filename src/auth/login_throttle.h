// Slows down those who guess passwords, without ever locking an account or an address.
//
// Failures of one user from one address beyond the limit double the time in which no attempt of
// that pair is looked at, up to a minute. The failures of all users from one address share an
// allowance that only failures use up. While it is used up, whoever has logged in from that address
// before is let through, and anybody else must wait once, for a fixed time: an honest user behind
// the address of a guesser is delayed, never kept out. Other addresses are not concerned.
//
// An address is a network in the sense of base/network_of.h.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/recent_table.h"
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
    // What a user must wait whose address has used its allowance up.
    std::int64_t address_delay_ms = 10'000;
    // Of each of the three tables. A full one forgets what it has not heard of for longest, those
    // who are being slowed down last.
    std::size_t counters_max = 65'536;
  };

  LoginThrottle(const Clock& clock, Options options)
      : options_(options),
        clock_(clock),
        pairs_(options.counters_max),
        addresses_(options.counters_max),
        known_(options.counters_max) {}

  // Returns how long the caller has to wait before an attempt will be looked at; 0: not at all.
  // Who comes back after that time is looked at, whatever others did meanwhile.
  std::int64_t DelayMs(std::string_view user, std::string_view address);

  void RecordFailure(std::string_view user, std::string_view address);

  // Forgets the failures of the user from that address; those of the address stand, for a guesser
  // may own an account.
  void RecordSuccess(std::string_view user, std::string_view address);

 private:
  struct Pair {
    std::int64_t window_start_ns = 0;
    std::uint32_t failures = 0;  // Since the window's start.
    std::uint32_t excess = 0;    // Failures beyond the limit since the last quiet time.
    std::int64_t last_ns = 0;
    std::int64_t blocked_until_ns = 0;
    // From when on one attempt is looked at although the address's allowance is used up; 0: none
    // was promised.
    std::int64_t promised_ns = 0;
  };
  struct Address {
    // When its allowance will be whole again, as if each failure took a fixed time.
    std::int64_t whole_at_ns = 0;
  };
  struct Known {};

  bool IsUsedUp(const Address& address, std::int64_t now_ns) const;
  Pair& TouchPair(std::string key, std::int64_t now_ns) IMMUDB_REQUIRES(mutex_);
  void Count(Pair& pair, bool is_excess, std::int64_t now_ns) const;

  const Options options_;
  const Clock& clock_;
  Mutex mutex_;
  RecentTable<Pair> pairs_ IMMUDB_GUARDED_BY(mutex_);
  RecentTable<Address> addresses_ IMMUDB_GUARDED_BY(mutex_);
  RecentTable<Known> known_ IMMUDB_GUARDED_BY(mutex_);  // Pairs that have logged in.
};

}  // namespace immudb::auth
