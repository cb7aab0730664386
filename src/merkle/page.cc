#include "merkle/page.h"

#include "base/check.h"

namespace immudb::merkle {

std::uint64_t SlotOf(std::uint8_t level, std::uint64_t index) {
  IMMUDB_CHECK(level <= kPageLevelBits);
  IMMUDB_CHECK(index < kPageLeafCount >> level);
  // The levels below hold 64 + 32 + ... nodes: twice the leaves less twice the nodes here.
  return 2 * kPageLeafCount - 2 * (kPageLeafCount >> level) + index;
}

NodePlace PlaceOf(NodeId node) {
  IMMUDB_CHECK(node.level < 64);
  const auto page_level = static_cast<std::uint8_t>(node.level / kPageLevelBits);
  const auto level = static_cast<std::uint8_t>(node.level % kPageLevelBits);
  const std::uint64_t nodes_in_page = kPageLeafCount >> level;
  return {{page_level, node.index / nodes_in_page}, SlotOf(level, node.index % nodes_in_page)};
}

std::uint64_t PagePosition(PageId page) {
  IMMUDB_CHECK(page.level < kPageLevelCount);
  // As many as are complete with the last leaf of `page`, less those that this leaf completes after
  // it: the higher ones whose last leaf it is too, and the page itself.
  std::uint64_t before = 0;
  std::uint64_t pages = page.number + 1;
  for (std::uint8_t level = page.level;; level--) {
    before += pages;
    if (level == 0) break;
    IMMUDB_CHECK(pages <= UINT64_MAX / kPageLeafCount);
    pages *= kPageLeafCount;
  }
  for (std::uint64_t higher = page.number / kPageLeafCount; higher > 0; higher /= kPageLeafCount) {
    before += higher;
  }
  return before - 1;
}

std::uint64_t CompletePageCount(TreeSize size) {
  std::uint64_t count = 0;
  for (std::uint64_t pages = size.value / kPageLeafCount; pages > 0; pages /= kPageLeafCount) {
    count += pages;
  }
  return count;
}

std::uint64_t OpenPageLeafCount(TreeSize size, std::uint8_t level) {
  IMMUDB_CHECK(level < kPageLevelCount);
  return (size.value >> (level * kPageLevelBits)) % kPageLeafCount;
}

}  // namespace immudb::merkle
