// Runs of leaves that splitting a tree produces. Internal to merkle.

#pragma once

#include <cstdint>

#include "immudb/digest.h"
#include "immudb/result.h"
#include "merkle/node_reader.h"

namespace immudb::merkle {

// Leaves `begin` up to, not including, `end`: a tree, or one side of a split of one. So `begin` is
// a multiple of the smallest power of two that is not below the length.
struct Range {
  std::uint64_t begin;
  std::uint64_t end;

  std::uint64_t length() const { return end - begin; }
};

// Returns the root of `range` as a tree of its own: its complete subtrees folded from the right.
// Requires: at least one leaf.
// Errors: those of NodeReader.
Result<Digest> RootOf(const NodeReader& nodes, Range range);

}  // namespace immudb::merkle
