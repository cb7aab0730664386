#include "base/bounded_executor.h"

namespace immudb {

bool BoundedExecutor::Post(Origin origin, Task task, std::size_t of_group_max) {
  const MutexLock lock(mutex_);
  if (executor_ == nullptr || waiting_.size() >= waiting_max_ ||
      waiting_.SizeOf(origin.group) >= of_group_max) {
    return false;
  }
  waiting_.Push(origin.group, origin.member, std::move(task));
  executor_->Post([this] { RunNext(); });
  return true;
}

void BoundedExecutor::PostAfter(std::chrono::nanoseconds delay, Task task) {
  const MutexLock lock(mutex_);
  if (executor_ != nullptr) executor_->PostAfter(delay, std::move(task));
}

void BoundedExecutor::Stop() {
  std::unique_ptr<Executor> executor;
  {
    const MutexLock lock(mutex_);
    executor = std::move(executor_);
  }
  // Its destructor, outside the lock, runs what was accepted; that may call Post, which refuses.
  executor.reset();
}

// Runs whose turn it is, which need not be the task that this run was posted for.
void BoundedExecutor::RunNext() {
  Task task;
  {
    const MutexLock lock(mutex_);
    task = waiting_.Pop();
  }
  task();
}

}  // namespace immudb
