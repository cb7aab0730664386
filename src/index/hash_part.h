// The newest part of a memtable: an open-addressing hash table of the newest version of each key,
// older versions of the key chained behind it.
//
// One writer adds while any number of readers look up, without a lock: what is written is never
// changed, and a slot names an entry only once the entry is complete. A part has a fixed capacity
// and is replaced when it is full.
//
// Cost: Add 30-60 ns for keys of 16 bytes; Find one or two cache lines. 16 bytes of tables per
// entry of capacity besides the packed entries.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/mutex.h"
#include "index/memory_budget.h"
#include "index/packed_entry.h"
#include "index/sorted_array.h"

namespace immudb::index {

// Add: one thread at a time. Everything else is thread-safe, also during Add.
class HashPart {
 public:
  static constexpr std::uint32_t kCapacityMax = 8192;

  // Requires: 0 < capacity <= kCapacityMax.
  HashPart(std::uint32_t capacity, MemoryBudget& budget);

  // Adds a version, newer than all before it, or returns false if the part is full. `hash` is the
  // key's. Requires: a key of at most kKeyBytesMax bytes.
  bool Add(const NewVersion& version, std::uint64_t hash);

  // The newest version of `key` with an index below `size`.
  std::optional<Version> Find(BytesView key, std::uint64_t hash, std::uint64_t size) const;

  std::uint32_t count() const { return count_.load(std::memory_order_acquire); }
  std::uint32_t capacity() const { return capacity_; }
  std::uint64_t memory_bytes() const { return charge_.bytes(); }
  // Requires: count() > 0.
  std::uint64_t first_index() const { return entries_[0].index(); }

  // The versions added so far, in order. They point into this part, which must outlive the array.
  // Kept, so that asking again costs only what was added since.
  std::shared_ptr<const SortedArray> Sorted() const;

 private:
  static constexpr std::uint32_t kOrdinalBits = 14;  // Of a slot; zero is an empty slot.
  static constexpr std::uint32_t kOrdinalMask = (1u << kOrdinalBits) - 1;
  static_assert(kCapacityMax < kOrdinalMask);

  std::uint8_t* Allocate(std::size_t bytes);

  const std::uint32_t capacity_;
  const std::uint32_t slot_mask_;
  MemoryBudget& budget_;

  // Written by the writer only, read by all: slots_ and count_ publish the rest.
  std::vector<std::atomic<std::uint32_t>> slots_;  // Ordinal + 1, and the hash's upper bits.
  std::vector<PackedEntry> entries_;               // Full size from the start.
  std::vector<std::uint16_t> older_;               // Ordinal + 1 of the key's version before.
  std::atomic<std::uint32_t> count_{0};

  // The writer's.
  std::vector<std::unique_ptr<std::uint8_t[]>> chunks_;
  std::uint8_t* free_ = nullptr;
  std::size_t free_bytes_ = 0;
  std::size_t next_chunk_bytes_ = 2048;
  std::size_t packed_bytes_ = 0;
  MemoryCharge charge_;

  mutable Mutex mutex_;
  mutable std::shared_ptr<const SortedArray> sorted_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::index
