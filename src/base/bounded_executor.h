// An executor that takes only so much work at a time, so that overload is refused and not hoarded.

#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/executor.h"
#include "base/mutex.h"

namespace immudb {

// Thread-safe. The destructor stops it.
class BoundedExecutor {
 public:
  using Task = Executor::Task;

  // Takes up to `waiting_max` tasks that have not begun.
  BoundedExecutor(std::unique_ptr<Executor> executor, std::size_t waiting_max)
      : waiting_max_(waiting_max), executor_(std::move(executor)) {}
  ~BoundedExecutor() { Stop(); }

  BoundedExecutor(const BoundedExecutor&) = delete;
  BoundedExecutor& operator=(const BoundedExecutor&) = delete;

  // Returns false, and drops `task`, if too many wait or after Stop.
  [[nodiscard]] bool Post(Task task);

  // Runs `task` once `delay` has passed; drops it after Stop. Such tasks are not counted.
  void PostAfter(std::chrono::nanoseconds delay, Task task);

  // Takes no more tasks, and ends the executor as its destructor does. Not from a task. Idempotent.
  void Stop();

 private:
  void Begin();

  const std::size_t waiting_max_;
  Mutex mutex_;
  std::size_t waiting_ IMMUDB_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<Executor> executor_ IMMUDB_GUARDED_BY(mutex_);  // Null once stopped.
};

}  // namespace immudb
