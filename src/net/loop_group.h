// The threads that do network I/O: one event loop each, shared by every listener of the process.

#pragma once

#include <cstddef>
#include <memory>

#include "immudb/result.h"

namespace immudb::net {

// Outlives all that was started on it. Thread-safe.
class LoopGroup {
 public:
  // One loop for two processors: a loop saturates before the work behind it does.
  static std::size_t DefaultCount();

  // Starts `count` loops.
  // Requires: count > 0.
  // Errors: kExhausted if the system gives no thread or descriptor.
  static Result<std::unique_ptr<LoopGroup>> Start(std::size_t count);

  LoopGroup(const LoopGroup&) = delete;
  LoopGroup& operator=(const LoopGroup&) = delete;
  // Stops the loops after what they are doing, and waits for them. Not from one of their threads.
  ~LoopGroup();

  std::size_t size() const;

  class Loops;  // See net/asio_loops.h, for those who do I/O here.
  Loops& loops() { return *loops_; }

 private:
  explicit LoopGroup(std::unique_ptr<Loops> loops);

  std::unique_ptr<Loops> loops_;
};

}  // namespace immudb::net
