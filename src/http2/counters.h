// What a loop's sessions have done, for statistics.

#pragma once

#include <atomic>
#include <cstdint>

namespace immudb::http2 {

// Only the loop's thread adds, so no locked instruction is needed. Thread-safe to read.
class Counter {
 public:
  void Add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Counters {
  Counter calls_started;        // Handed to the dispatcher.
  Counter calls_answered;       // Answers of handlers that found their client still there.
  Counter calls_refused;        // Answered by the transport or by Dispatcher::Find.
  Counter calls_abandoned;      // Reset, or lost with their connection, while a handler worked.
  Counter deadlines_exceeded;   // Answered by the transport because the time was up.
  Counter streams_stalled;      // Reset because the peer neither sent nor read.
  Counter connections_abusive;  // Closed for abuse.
  Counter connections_silent;   // Closed because a keepalive PING was not answered.
  Counter connections_without_memory;  // Closed because memory could not be had.
  Counter pings_received;
};

}  // namespace immudb::http2
