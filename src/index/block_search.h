// Searching the records of a checked block of a run.

#pragma once

#include "immudb/result.h"
#include "index/block.h"
#include "index/run.h"

namespace immudb::index {

enum class Bound : std::uint8_t {
  kAtOrAfter,
  kAfter,
};

// Where a search ended. Offsets of records in the block; 0 for none.
struct Found {
  std::size_t at = 0;      // The first record that is at or after, or after, the position.
  std::size_t before = 0;  // The record before that one, or the last one if there is none.
  bool same_key = false;   // The record `at` has the position's key.
};

// Finds `position` in an entry or fence block of `run` without copying keys: a record that shares
// more with its predecessor than the position does is on the same side, one that shares less is
// beyond.
// Errors: those of Run::Block, for keys that continue in overflow blocks.
Result<Found> SearchBlock(const Run& run, const io::BlockRef& block, const Position& position,
                          Bound bound, Access access);

// Appends the part of a record's key that lies in overflow blocks to `key`.
Status AppendTail(const Run& run, BlockView block, const BlockRecord& record, Access access,
                  Bytes& key);

// The entry index a record of an entry block stands for.
inline std::uint64_t EntryIndex(const Run& run, const BlockRecord& record) {
  return run.info().from.value + record.index;
}

}  // namespace immudb::index
