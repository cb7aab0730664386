// What the ledgers of one engine share: files, time, randomness, threads and budgets.

#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "crypto/random.h"
#include "immudb/engine.h"
#include "index/memory_budget.h"
#include "io/block_cache.h"
#include "io/file_system.h"
#include "ledger/damage.h"
#include "ledger/rate_limit.h"

namespace immudb::ledger {

// Counts bytes against a limit. One request always fits when nothing else is held, so that a limit
// below the largest legal request delays but never forbids it. Thread-safe.
class ByteBudget {
 public:
  explicit ByteBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // False if `bytes` do not fit now; nothing is then held.
  bool TryTake(std::uint64_t bytes) {
    const std::uint64_t before = held_bytes_.fetch_add(bytes);
    if (before == 0 || before + bytes <= limit_bytes_) return true;
    Return(bytes);  // Somebody who waits may have seen what was held for this moment only.
    return false;
  }

  // Waits until `bytes` fit and takes them.
  void Take(std::uint64_t bytes) {
    if (TryTake(bytes)) return;
    waiters_.fetch_add(1);
    while (!TryTake(bytes)) {
      MutexLock lock(mutex_);
      if (!Fits(bytes)) returned_.Wait(mutex_);
    }
    waiters_.fetch_sub(1);
  }

  void Return(std::uint64_t bytes) {
    held_bytes_.fetch_sub(bytes);
    if (waiters_.load() == 0) return;
    MutexLock lock(mutex_);
    returned_.NotifyAll();
  }

 private:
  bool Fits(std::uint64_t bytes) const {
    const std::uint64_t held = held_bytes_.load();
    return held == 0 || held + bytes <= limit_bytes_;
  }

  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> held_bytes_{0};
  std::atomic<std::uint32_t> waiters_{0};
  Mutex mutex_;
  ConditionVariable returned_;
};

// Everything outlives the ledgers that use it.
struct Environment {
  io::FileSystem& files;
  const Clock& clock;
  crypto::RandomSource& random;
  Executor& committers;   // Prepare groups.
  Executor& syncers;      // Wait for the disk.
  Executor& maintenance;  // Write checkpoints, seal, merge in memory.
  Executor& merges;       // Merge runs: long, and nobody waits.
  io::BlockCache& cache;
  index::MemoryBudget& memtables;
  ByteBudget& submit_queue;
  UnmarkedDamage& unmarked_damage;
  RateLimit& merge_rate;
  const EngineOptions& options;
};

}  // namespace immudb::ledger
