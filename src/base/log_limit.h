// Keeps lines that outsiders can cause from filling the program's log.

#pragma once

#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/mutex.h"

namespace immudb {

// Allows a burst of lines and then a few a minute, and counts those it left out.
//
//   static LogLimit limit(clock);
//   if (const auto left_out = limit.Allow()) Log(kError, "… ({} lines like it left out)",
//   *left_out);
//
// Thread-safe.
class LogLimit {
 public:
  struct Options {
    std::uint32_t burst = 10;
    std::uint32_t per_minute = 6;
  };

  // `clock` outlives it.
  explicit LogLimit(const Clock& clock) : LogLimit(clock, Options()) {}
  LogLimit(const Clock& clock, Options options) : options_(options), clock_(clock) {}

  // Returns how many lines were left out since the last one that was allowed, or nothing: this one
  // is left out as well.
  std::optional<std::uint64_t> Allow();

 private:
  const Options options_;
  const Clock& clock_;
  Mutex mutex_;
  // The time at which the allowance will be whole again, as if each line took a fixed time.
  std::int64_t whole_at_ns_ IMMUDB_GUARDED_BY(mutex_) = 0;
  std::uint64_t left_out_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

}  // namespace immudb
