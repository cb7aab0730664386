// Where work runs that somebody should not wait for. The engine takes its executors as parameters,
// so that a test can run the same work step by step on one thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <thread>
#include <vector>

#include "base/mutex.h"

namespace immudb {

// Thread-safe.
class Executor {
 public:
  using Task = std::function<void()>;

  virtual ~Executor() = default;

  // Runs `task` soon, on some thread of the executor, after the tasks posted before it have begun.
  virtual void Post(Task task) = 0;

  // Runs `task` once `delay` has passed.
  virtual void PostAfter(std::chrono::nanoseconds delay, Task task) = 0;
};

// A fixed number of threads and one queue. The destructor runs what was posted without a delay,
// drops what was posted with one, and joins. A task may post while others run, not while the
// destructor does.
// Thread-safe.
class ThreadPool : public Executor {
 public:
  // kLow: while the process has more to do than processors, these threads get a tenth of what
  // others get of one. Nobody else may wait for what they do.
  enum class Priority : std::uint8_t { kNormal, kLow };

  // Names the threads `name` for the operating system (at most 15 bytes).
  ThreadPool(std::uint32_t threads, const char* name, Priority priority = Priority::kNormal);
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Post(Task task) override;
  void PostAfter(std::chrono::nanoseconds delay, Task task) override;

 private:
  using TimePoint = std::chrono::steady_clock::time_point;

  void Run();
  static void LowerPriority();
  // Moves what is due from the timers to the queue and returns how long to sleep.
  std::chrono::nanoseconds CollectDue() IMMUDB_REQUIRES(mutex_);

  Mutex mutex_;
  ConditionVariable wake_;
  std::deque<Task> queue_ IMMUDB_GUARDED_BY(mutex_);
  std::multimap<TimePoint, Task> timers_ IMMUDB_GUARDED_BY(mutex_);
  bool stopping_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> threads_;  // Last: they use what is above.
};

// Runs nothing by itself: a test decides when. Not thread-safe.
class ManualExecutor : public Executor {
 public:
  void Post(Task task) override { queue_.push_back(std::move(task)); }
  void PostAfter(std::chrono::nanoseconds /*delay*/, Task task) override {
    delayed_.push_back(std::move(task));
  }

  // Runs one posted task; false if there is none.
  bool RunOne();
  // Makes every delayed task due.
  void ElapseDelays();
  std::size_t pending() const { return queue_.size(); }
  std::size_t delayed() const { return delayed_.size(); }

 private:
  std::deque<Task> queue_;
  std::vector<Task> delayed_;
};

}  // namespace immudb
