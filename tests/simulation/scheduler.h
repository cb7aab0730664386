// Decides which work of the engine runs next, on one thread, and what time it is: executors whose
// tasks wait until the scheduler picks one of them by chance, and a clock that goes forward when
// nothing is left to do, or when told.
//
// A task runs to its end before another one begins, so what the scheduler tries is the order of
// tasks, not of the instructions within them.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <random>

#include "base/clock.h"
#include "base/executor.h"

namespace immudb::simulation {

// Not thread-safe.
class Scheduler {
 public:
  // An executor of `threads` threads: any of so many of the oldest tasks may run next.
  class Queue : public Executor {
   public:
    Queue(Scheduler& owner, std::size_t threads) : owner_(owner), threads_(threads) {}
    void Post(Task task) override { tasks_.push_back(std::move(task)); }
    void PostAfter(std::chrono::nanoseconds delay, Task task) override {
      owner_.timers_.emplace(owner_.clock.monotonic_ns + delay.count(),
                             Timer{.queue = this, .task = std::move(task)});
    }

   private:
    friend class Scheduler;
    Scheduler& owner_;
    const std::size_t threads_;
    std::deque<Task> tasks_;
  };

  explicit Scheduler(std::uint64_t seed) : random_(seed) {}
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  // Runs one task; false if none is due. `ran` tells which queue it was of, from 0.
  bool RunOne(std::size_t& ran) {
    std::array<std::size_t, kQueues> ready{};
    std::size_t count = 0;
    for (std::size_t i = 0; i < kQueues; i++) {
      if (!queues_[i]->tasks_.empty()) ready[count++] = i;
    }
    if (count == 0) return false;
    ran = ready[random_() % count];
    Queue& queue = *queues_[ran];
    const std::size_t choices = std::min(queue.threads_, queue.tasks_.size());
    const auto chosen = queue.tasks_.begin() + static_cast<std::ptrdiff_t>(random_() % choices);
    const Executor::Task task = std::move(*chosen);
    queue.tasks_.erase(chosen);
    task();
    return true;
  }

  // Lets time pass; what was to run meanwhile is due then.
  void Advance(std::chrono::nanoseconds time) {
    const std::int64_t to = clock.monotonic_ns + time.count();
    while (!timers_.empty() && timers_.begin()->first <= to) {
      Timer timer = std::move(timers_.begin()->second);
      timers_.erase(timers_.begin());
      timer.queue->Post(std::move(timer.task));
    }
    clock.monotonic_ns = to;
    clock.unix_us += time.count() / 1000;
  }

  // Runs everything that is due now, and what that leads to.
  void RunAll() {
    std::size_t ran = 0;
    while (RunOne(ran)) {
    }
  }

  FakeClock clock;
  Queue committers{*this, 1};
  Queue syncers{*this, 2};
  Queue maintenance{*this, 1};
  Queue merges{*this, 1};

 private:
  struct Timer {
    Queue* queue;
    Executor::Task task;
  };
  static constexpr std::size_t kQueues = 4;

  std::mt19937_64 random_;
  std::array<Queue*, kQueues> queues_{&committers, &syncers, &maintenance, &merges};
  std::multimap<std::int64_t, Timer> timers_;  // By when they are due.
};

}  // namespace immudb::simulation
