#include "merkle/tree_layers.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "merkle/range.h"

namespace immudb::merkle {

std::uint8_t LayerCount(TreeSize size) {
  if (size.value == 0) return 0;
  return static_cast<std::uint8_t>(std::bit_width(size.value - 1) + 1);
}

// Node j has two children if leaves follow the left one: j * 2^layer + 2^(layer - 1) < size.
std::uint64_t LayerLength(TreeSize size, std::uint8_t layer) {
  IMMUDB_CHECK(layer < LayerCount(size));
  if (layer == 0) return size.value;
  if (layer == 64) return 1;
  const std::uint64_t left_leaves = std::uint64_t{1} << (layer - 1);
  return ((size.value - left_leaves - 1) >> layer) + 1;
}

Result<Digest> ReadLayerNode(const NodeReader& nodes, NodeId node, TreeSize size) {
  IMMUDB_CHECK(node.index < LayerLength(size, node.level));
  if (node.level == 64) return RootOf(nodes, {0, size.value});
  const std::uint64_t begin = node.index << node.level;
  const std::uint64_t leaves_max = std::uint64_t{1} << node.level;
  return RootOf(nodes, {begin, begin + std::min(leaves_max, size.value - begin)});
}

}  // namespace immudb::merkle
