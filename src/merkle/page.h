// Where a node lies in a tree file. The format is docs/formats/tree.md; this is its arithmetic.
//
// A page holds one complete subtree of 64 leaves with all its 127 nodes. Pages have levels: a leaf
// of a page of level k + 1 is the root of a page of level k, so a page of level k spans 64^(k+1)
// leaves of the tree. Pages lie in the file in the order in which they become complete, which is
// a function of level and number alone: the file needs no directory.

#pragma once

#include <cstdint>

#include "immudb/tree.h"
#include "merkle/node_reader.h"

namespace immudb::merkle {

inline constexpr std::uint8_t kPageLevelBits = 6;  // 64 leaves.
inline constexpr std::uint64_t kPageLeafCount = 64;
inline constexpr std::uint64_t kPageNodeCount = 2 * kPageLeafCount - 1;
inline constexpr std::uint64_t kPageRootSlot = kPageNodeCount - 1;
inline constexpr std::uint8_t kPageLevelCount = 11;  // 64^11 leaves are more than 2^64.

// Page `number` of those of its level.
struct PageId {
  std::uint8_t level = 0;
  std::uint64_t number = 0;
  auto operator<=>(const PageId&) const = default;
};

struct NodePlace {
  PageId page;
  std::uint64_t slot = 0;  // From 0 to kPageNodeCount - 1.
  bool operator==(const NodePlace&) const = default;
};

// Returns where a node is read from. A node that is the root of one page and a leaf of another is
// read from the latter, so that a proof touches one page per six levels.
// Requires: node.level < 64.
NodePlace PlaceOf(NodeId node);

// Returns the slot, within its page, of the node `index` of the page's own level `level`: slot 0 is
// the first of 64 leaves, slot 64 the first of 32 parents, slot 126 the root.
// Requires: level <= kPageLevelBits; index below the 64 >> level nodes there.
std::uint64_t SlotOf(std::uint8_t level, std::uint64_t index);

// Returns how many pages lie before `page` in the file: those that become complete earlier, and
// those of lower levels that the same leaf completes.
// Requires: the page ends at or below leaf 2^64 - 1.
std::uint64_t PagePosition(PageId page);

// Returns how many pages are complete in a tree of `size` leaves.
std::uint64_t CompletePageCount(TreeSize size);

// Returns how many leaves the page of `level` that is being filled has in a tree of `size` leaves.
std::uint64_t OpenPageLeafCount(TreeSize size, std::uint8_t level);

}  // namespace immudb::merkle
