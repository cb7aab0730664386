// An immutable, ordered piece of a memtable.
//
// Each item is a pointer to a packed entry and the eight key bytes after the prefix that all keys
// of the array share, so that most comparisons touch no key. An array either borrows its packed
// entries (a sorted view of a hash part) or owns them in one block, in order.
//
// Cost: sorting about 20 ns an entry for random keys; merging k arrays 8 ns * log2 k, and 20 ns to
// copy the keys. 16 bytes an entry besides the packed entry.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "immudb/result.h"
#include "index/bloom.h"
#include "index/memory_budget.h"
#include "index/packed_entry.h"

namespace immudb::index {

// Thread-safe: immutable.
class SortedArray {
 public:
  using Pointer = std::shared_ptr<const SortedArray>;  // Shared by the memtable and its readers.

  // Orders `entries`, which the array borrows.
  static Pointer Sort(std::span<const PackedEntry> entries, MemoryBudget& budget);

  // Joins arrays into one that borrows their entries.
  static Pointer MergeBorrowed(std::span<const Pointer> arrays, MemoryBudget& budget);

  // Joins arrays into one that owns copies of the entries, with a filter over its keys.
  static Pointer Merge(std::span<const Pointer> arrays, std::uint64_t hash_seed,
                       MemoryBudget& budget);

  // The newest version of `key` with an index below `size`. `hash` is the key's.
  std::optional<Version> Find(BytesView key, std::uint64_t hash, std::uint64_t size) const;

  // The number of items ordered before `position`.
  std::size_t LowerBound(const Position& position) const;

  std::size_t count() const { return items_.size(); }
  PackedEntry operator[](std::size_t at) const { return items_[at].entry; }
  std::uint64_t memory_bytes() const { return charge_.bytes(); }
  // An upper bound of the number of different keys; exact for an array made by Merge.
  std::uint64_t keys() const { return keys_; }

  struct Item {
    std::uint64_t prefix = 0;
    PackedEntry entry;
  };

  explicit SortedArray(MemoryBudget& budget) : charge_(budget) {}

 private:
  void OrderItems();
  void CopyEntries(std::uint64_t hash_seed);

  std::size_t common_bytes_ = 0;  // Shared by all keys, and skipped by the items' prefixes.
  std::vector<Item> items_;
  std::unique_ptr<std::uint8_t[]> packed_;  // Null if the entries are borrowed.
  std::optional<Bloom> bloom_;
  std::uint64_t keys_ = 0;
  MemoryCharge charge_;
};

}  // namespace immudb::index
