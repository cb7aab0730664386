#include "base/executor.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace immudb {

ThreadPool::ThreadPool(std::uint32_t threads, const char* name, Priority priority) {
  for (std::uint32_t i = 0; i < threads; i++) {
    threads_.emplace_back([this, priority] {
      if (priority == Priority::kLow) LowerPriority();
      Run();
    });
    pthread_setname_np(threads_.back().native_handle(), name);
  }
}

ThreadPool::~ThreadPool() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
  }
  wake_.NotifyAll();
  threads_.clear();
}

void ThreadPool::Post(Task task) {
  {
    MutexLock lock(mutex_);
    queue_.push_back(std::move(task));
  }
  wake_.NotifyOne();
}

void ThreadPool::PostAfter(std::chrono::nanoseconds delay, Task task) {
  {
    MutexLock lock(mutex_);
    timers_.emplace(std::chrono::steady_clock::now() + delay, std::move(task));
  }
  wake_.NotifyOne();
}

std::chrono::nanoseconds ThreadPool::CollectDue() {
  const TimePoint now = std::chrono::steady_clock::now();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    queue_.push_back(std::move(timers_.begin()->second));
    timers_.erase(timers_.begin());
  }
  if (timers_.empty()) return std::chrono::hours(1);
  return timers_.begin()->first - now;
}

// Of the calling thread alone, which is how Linux takes it, unlike POSIX. Cannot fail, and would
// cost only time if it did.
void ThreadPool::LowerPriority() {
  constexpr int niceness = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
}

void ThreadPool::Run() {
  while (true) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (true) {
        const std::chrono::nanoseconds sleep =
            timers_.empty() ? std::chrono::hours(1) : CollectDue();
        if (!queue_.empty()) break;
        if (stopping_) return;
        wake_.WaitFor(mutex_, sleep);
      }
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

bool ManualExecutor::RunOne() {
  if (queue_.empty()) return false;
  Task task = std::move(queue_.front());
  queue_.pop_front();
  task();
  return true;
}

void ManualExecutor::ElapseDelays() {
  for (Task& task : delayed_) queue_.push_back(std::move(task));
  delayed_.clear();
}

}  // namespace immudb
