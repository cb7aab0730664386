#include "base/bounded_executor.h"

namespace immudb {

bool BoundedExecutor::Post(Task task) {
  const MutexLock lock(mutex_);
  if (executor_ == nullptr || waiting_ >= waiting_max_) return false;
  ++waiting_;
  executor_->Post([this, task = std::move(task)] {
    Begin();
    task();
  });
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

void BoundedExecutor::Begin() {
  const MutexLock lock(mutex_);
  --waiting_;
}

}  // namespace immudb
