// What a batch may consist of beside plain values: references to other entries and members of
// sorted sets.

#pragma once

#include <optional>
#include <variant>

#include "immudb/bytes.h"
#include "immudb/tree.h"

namespace immudb {

// What a reference or a sorted-set entry points to. Without an index: the newest entry of `key`,
// whichever that is when it is asked for. With one: that entry for ever; `key` may then be empty,
// and must be the entry's key if it is not.
struct Target {
  Bytes key{};
  std::optional<LeafIndex> index{};
};

struct SetOperation {
  Bytes key{};
  Bytes value{};
};

// Lets the key `name` stand for another entry.
struct ReferenceOperation {
  Bytes name{};
  Target target;
};

// Adds a member to the sorted set `set`. No score is the same as another: -0.0 and 0.0 are two, and
// so are NaNs of different bits.
struct SortedSetOperation {
  Bytes set{};
  double score = 0;
  Target target;
};

using Operation = std::variant<SetOperation, ReferenceOperation, SortedSetOperation>;

}  // namespace immudb
