// The memory that the memtables of all ledgers of a process hold together.

#pragma once

#include <atomic>
#include <cstdint>

namespace immudb::index {

// Only counts: whoever schedules checkpoints compares used with limit. Thread-safe.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  void Take(std::uint64_t bytes) { used_bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void Return(std::uint64_t bytes) { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::uint64_t limit_bytes() const { return limit_bytes_; }
  // Includes what only readers still hold.
  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_bytes_{0};
};

// A share of a budget, returned by the destructor. Not thread-safe but for bytes().
class MemoryCharge {
 public:
  explicit MemoryCharge(MemoryBudget& budget) : budget_(&budget) {}
  ~MemoryCharge() { budget_->Return(bytes()); }
  MemoryCharge(const MemoryCharge&) = delete;
  MemoryCharge& operator=(const MemoryCharge&) = delete;

  void Add(std::uint64_t bytes) {
    budget_->Take(bytes);
    bytes_.fetch_add(bytes, std::memory_order_relaxed);
  }
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  MemoryBudget* budget_;
  std::atomic<std::uint64_t> bytes_{0};
};

}  // namespace immudb::index
