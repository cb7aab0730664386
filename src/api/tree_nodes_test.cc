#include "api/tree_nodes.h"

#include <gtest/gtest.h>

#include <limits>

namespace immudb::api {
namespace {

// As the definition says it, node by node.
std::uint64_t CountOneByOne(std::uint8_t layer, std::uint64_t size) {
  if (layer == 0) return size;
  std::uint64_t count = 0;
  while ((count << layer) + (std::uint64_t{1} << (layer - 1)) < size) ++count;
  return count;
}

TEST(TreeNodesTest, ANodeIsThereIfBothItsChildrenAre) {
  for (std::uint64_t size = 0; size <= 300; ++size) {
    for (std::uint8_t layer = 0; layer <= 12; ++layer) {
      EXPECT_EQ(NodeCount(layer, {size}), CountOneByOne(layer, size)) << size << ' ' << +layer;
    }
  }
}

TEST(TreeNodesTest, TheRootIsAloneOnTheLastLayerHoweverLargeTheTree) {
  for (const auto& [size, layers] : std::initializer_list<std::pair<std::uint64_t, int>>{
           {1, 1}, {2, 2}, {3, 3}, {5, 4}, {64, 7}, {65, 8}, {1ULL << 63, 64}}) {
    EXPECT_EQ(NodeCount(static_cast<std::uint8_t>(layers - 1), {size}), 1u) << size;
    EXPECT_EQ(NodeCount(static_cast<std::uint8_t>(layers), {size}), 0u) << size;
  }
  EXPECT_EQ(NodeCount(64, {std::numeric_limits<std::uint64_t>::max()}), 1u);
}

TEST(TreeNodesTest, TheKeyOfANodeHasLayerAndIndex) {
  EXPECT_EQ(NodeKey(3, 0x0102), (Bytes{0, 3, 0, 0, 0, 0, 0, 0, 1, 2}));
}

}  // namespace
}  // namespace immudb::api
