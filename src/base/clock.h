// Time as a dependency, so that a test or a simulation can decide what time it is.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>

namespace immudb {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Microseconds since 1970-01-01 UTC. May jump in either direction.
  virtual std::int64_t NowUnixUs() const = 0;

  // Nanoseconds since some fixed point. Never decreases.
  virtual std::int64_t MonotonicNs() const = 0;
};

class SystemClock : public Clock {
 public:
  std::int64_t NowUnixUs() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  }
  std::int64_t MonotonicNs() const override {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
  }
};

// A clock that stands still until told otherwise. Thread-compatible.
class FakeClock : public Clock {
 public:
  std::int64_t NowUnixUs() const override { return unix_us; }
  std::int64_t MonotonicNs() const override {
    if (!steps_ns.empty()) {
      monotonic_ns += steps_ns.front();
      steps_ns.pop_front();
    }
    return monotonic_ns;
  }
  void AdvanceMs(std::int64_t ms) {
    unix_us += ms * 1000;
    monotonic_ns += ms * 1'000'000;
  }

  std::int64_t unix_us = 1'600'000'000'000'000;
  mutable std::int64_t monotonic_ns = 0;
  // What passes before each of the next looks at it, for work that takes no time by itself.
  mutable std::deque<std::int64_t> steps_ns;
};

}  // namespace immudb
