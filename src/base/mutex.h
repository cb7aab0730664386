// std::mutex and std::condition_variable with Clang thread-safety annotations; libstdc++'s own
// carry none.

#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define IMMUDB_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define IMMUDB_THREAD_ATTRIBUTE(x)
#endif
#define IMMUDB_GUARDED_BY(mutex) IMMUDB_THREAD_ATTRIBUTE(guarded_by(mutex))
#define IMMUDB_REQUIRES(...) IMMUDB_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define IMMUDB_EXCLUDES(...) IMMUDB_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))

namespace immudb {

class IMMUDB_THREAD_ATTRIBUTE(capability("mutex")) Mutex {
 public:
  void lock() IMMUDB_THREAD_ATTRIBUTE(acquire_capability()) { mutex_.lock(); }
  void unlock() IMMUDB_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }
  bool try_lock() IMMUDB_THREAD_ATTRIBUTE(try_acquire_capability(true)) {
    return mutex_.try_lock();
  }

 private:
  std::mutex mutex_;
};

class IMMUDB_THREAD_ATTRIBUTE(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) IMMUDB_THREAD_ATTRIBUTE(acquire_capability(mutex))
      : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() IMMUDB_THREAD_ATTRIBUTE(release_capability()) { mutex_.unlock(); }

  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

// Waits release `mutex`, which the caller holds, and hold it again when they return. A wait may
// return early: callers re-check their condition in a loop.
class ConditionVariable {
 public:
  void Wait(Mutex& mutex) IMMUDB_REQUIRES(mutex) { condition_.wait(mutex); }
  // Returns false if the time ran out first.
  bool WaitFor(Mutex& mutex, std::chrono::nanoseconds time) IMMUDB_REQUIRES(mutex) {
    return condition_.wait_for(mutex, time) == std::cv_status::no_timeout;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable_any condition_;
};

}  // namespace immudb
