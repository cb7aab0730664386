// Tells the program's log of calls that took long.

#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/log_limit.h"
#include "rpc/status.h"

namespace immudb::api {

// What may be told of a call: never a key, a value or a token.
struct CallFacts {
  std::string_view method;
  std::string_view user;      // Empty: nobody who is known.
  std::string_view database;  // Empty: none.
  std::string_view peer;
  std::string_view request_id;
};

// Thread-safe.
class SlowCallLog {
 public:
  // Tells of calls that took `threshold_ns` or more; 0: of none. `clock` outlives it.
  SlowCallLog(const Clock& clock, std::int64_t threshold_ns)
      : threshold_ns_(threshold_ns), lines_(clock, {.burst = 100, .per_minute = 60}) {}

  bool IsSlow(std::int64_t duration_ns) const {
    return threshold_ns_ > 0 && duration_ns >= threshold_ns_;
  }

  // Writes a line, unless too many have been of late: anybody can be slow. Requires: IsSlow.
  void Tell(const CallFacts& call, std::int64_t duration_ns, rpc::StatusCode code);

 private:
  const std::int64_t threshold_ns_;
  LogLimit lines_;
};

}  // namespace immudb::api
