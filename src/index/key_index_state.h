// What a reader of the index holds: the parts of the memtable and the runs at one moment.

#pragma once

#include <memory>
#include <vector>

#include "index/hash_part.h"
#include "index/key_index.h"
#include "index/run.h"
#include "index/sorted_array.h"

namespace immudb::index {

// A piece of the memtable: a hash part, or what merging made of several.
struct KeyIndex::Layer {
  std::shared_ptr<HashPart> part;  // Written to only while it is the active one.
  SortedArray::Pointer array;      // Set if there is no part.
  LeafIndex first;
  unsigned tier = 0;  // Times merged.

  SortedArray::Pointer Sorted() const { return part != nullptr ? part->Sorted() : array; }
  std::uint64_t memory_bytes() const {
    return part != nullptr ? part->memory_bytes() : array->memory_bytes();
  }
  std::optional<Version> Find(BytesView key, std::uint64_t hash, TreeSize size) const {
    if (first.value >= size.value) return std::nullopt;
    return part != nullptr ? part->Find(key, hash, size.value) : array->Find(key, hash, size.value);
  }
};

// Immutable, but for the active part, which only grows.
struct KeyIndex::State {
  std::vector<Layer> layers;       // Oldest first. The last one may be active if it is not frozen.
  std::size_t frozen = 0;          // Layers at the front that the next WriteFrozen writes.
  LeafIndex frozen_to;             // Everything below is in runs or frozen layers.
  std::vector<Run::Pointer> runs;  // Oldest first, without gaps.

  LeafIndex runs_to() const { return runs.empty() ? LeafIndex{} : runs.back()->info().to; }
};

// A run that is written and not installed.
struct KeyIndex::Pending {
  Run::Pointer run;
  std::size_t layers = 0;     // At the front of the memtable, that it makes superfluous.
  std::size_t runs_kept = 0;  // At the front of the run list; the later ones it replaces.
  std::size_t runs_replaced = 0;
};

template <typename Change>
void KeyIndex::ChangeState(Change&& change) {
  StatePointer old;  // Released after the lock: it may be the last owner of much memory.
  const MutexLock lock(mutex_);
  auto next = std::make_shared<State>(*state_);
  change(*next);
  old = std::exchange(state_, std::move(next));
}

}  // namespace immudb::index
