// An executor that takes only so much work at a time, so that overload is refused and not hoarded,
// and that lets those who give work take turns, so that nobody waits behind the overload of
// another.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/executor.h"
#include "base/fair_queue.h"
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

  // For whom a task is: a member of a group, which take turns as in FairQueue.
  struct Origin {
    std::string_view group;
    std::uint64_t member = 0;
  };

  // Returns false, and drops `task`, if too many wait, in all or of the same group, or after Stop.
  // One group may have half of what may wait.
  [[nodiscard]] bool Post(Task task) { return Post(Origin(), std::move(task), waiting_max_); }
  [[nodiscard]] bool PostFor(Origin origin, Task task) {
    return Post(origin, std::move(task), (waiting_max_ + 1) / 2);
  }

  // Runs `task` once `delay` has passed; drops it after Stop. Such tasks are not counted.
  void PostAfter(std::chrono::nanoseconds delay, Task task);

  // Takes no more tasks, and ends the executor as its destructor does. Not from a task. Idempotent.
  void Stop();

 private:
  bool Post(Origin origin, Task task, std::size_t of_group_max);
  void RunNext();

  const std::size_t waiting_max_;
  Mutex mutex_;
  FairQueue waiting_ IMMUDB_GUARDED_BY(mutex_);
  std::unique_ptr<Executor> executor_ IMMUDB_GUARDED_BY(mutex_);  // Null once stopped.
};

}  // namespace immudb
