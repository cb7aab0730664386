// One call of the user's, over all the calls on the wire that it takes.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/mutex.h"
#include "immudb/tree.h"

namespace immudb::client {

// Counts the calls under way, so that a client can wait for their end. Thread-safe.
class CallCounter {
 public:
  void Enter() {
    const MutexLock lock(mutex_);
    ++count_;
  }
  void Leave() {
    const MutexLock lock(mutex_);
    if (--count_ == 0) none_.NotifyAll();
  }
  // Every call has a deadline, so this ends.
  void WaitForNone() {
    const MutexLock lock(mutex_);
    while (count_ > 0) none_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  ConditionVariable none_;
  std::uint64_t count_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

// What shows a lie: for the report.
struct Evidence {
  std::optional<TreeHead> trusted;
  std::optional<TreeHead> claimed;
  EntryProof proof;
};

// Used by one thread at a time: the steps of a call follow each other.
struct CallState {
  CallState(std::shared_ptr<CallCounter> in, const char* called)
      : counter(std::move(in)), method(called) {
    counter->Enter();
  }
  ~CallState() { counter->Leave(); }
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;

  std::shared_ptr<CallCounter> counter;  // Shared with the client and its other calls.
  const char* method;                    // What the user called.
  std::int64_t deadline_ns = 0;          // On Clock::MonotonicNs.
  std::string token;
  std::string database;
  std::uint64_t session_generation = 0;
  Evidence evidence;
};

// Shared by the steps of one call, each of which hands it to the next.
using CallPtr = std::shared_ptr<CallState>;

}  // namespace immudb::client
