// The signals that ask a server to stop or to look at its files again, as calls of a function.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <thread>

#include "immudb/result.h"

namespace immudb::process {

enum class Signal : std::uint8_t { kTerminate, kInterrupt, kHangUp };

// Delivers SIGTERM, SIGINT and SIGHUP to a callback on a thread of its own, where it may do
// anything, unlike a signal handler. SIGPIPE is ignored: writes report their peer's end themselves.
//
// Not thread-safe.
class Signals {
 public:
  // Blocks the signals in the calling thread and those it starts from now on; threads that run
  // already would still be killed by them. So this comes first in `main`.
  // Errors: kIo.
  static Result<std::unique_ptr<Signals>> Watch(std::function<void(Signal)> handler);

  // Returns once no call is running any more. The signals stay blocked.
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  Signals(int signals, int stop, std::function<void(Signal)> handler);
  void Run();

  int signals_;  // Descriptor that yields the signals.
  int stop_;     // Descriptor that wakes the thread to end.
  std::function<void(Signal)> handler_;
  std::thread thread_;
};

}  // namespace immudb::process
