#include "merkle/proofs.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/error.h"
#include "merkle/hasher.h"
#include "merkle/range.h"

namespace immudb::merkle {
namespace {

struct Halves {
  Range left;
  Range right;
};

// Requires: at least two leaves.
Halves Split(Range range) {
  const std::uint64_t middle = range.begin + std::bit_floor(range.length() - 1);
  return {{range.begin, middle}, {middle, range.end}};
}

// Of the path from a leaf to the root.
std::size_t LengthMax(TreeSize size) {
  return static_cast<std::size_t>(std::bit_width(size.value));
}

}  // namespace

Result<Digest> RootAt(const NodeReader& nodes, TreeSize size) {
  if (size.value == 0) return EmptyRoot();
  return RootOf(nodes, {0, size.value});
}

Result<Digest> NodeAt(const NodeReader& nodes, NodeId node, TreeSize size) {
  if (IsComplete(node, size)) return nodes.Read(node);
  IMMUDB_CHECK(node.level < 64);
  IMMUDB_CHECK(size.value > 0 && node.index <= (size.value - 1) >> node.level);
  return RootOf(nodes, {node.index << node.level, size.value});
}

Result<Path> ProveInclusion(const NodeReader& nodes, LeafIndex leaf, TreeSize size) {
  IMMUDB_CHECK(leaf.value < size.value);
  Path path;
  path.reserve(LengthMax(size));
  Range range{0, size.value};
  while (range.length() > 1) {
    const Halves halves = Split(range);
    const bool is_left = leaf.value < halves.left.end;
    IMMUDB_ASSIGN(const Digest sibling, RootOf(nodes, is_left ? halves.right : halves.left));
    path.push_back(sibling);
    range = is_left ? halves.left : halves.right;
  }
  std::reverse(path.begin(), path.end());
  return path;
}

Result<Path> ProveConsistency(const NodeReader& nodes, TreeSize older, TreeSize newer) {
  IMMUDB_CHECK(older.value > 0);
  IMMUDB_CHECK(older.value <= newer.value);
  Path path;
  path.reserve(LengthMax(newer) + 1);
  Range range{0, newer.value};
  while (range.end > older.value) {
    const Halves halves = Split(range);
    const bool ends_left = older.value <= halves.left.end;
    IMMUDB_ASSIGN(const Digest sibling, RootOf(nodes, ends_left ? halves.right : halves.left));
    path.push_back(sibling);
    range = ends_left ? halves.left : halves.right;
  }
  // What remains ends where the older tree does. If it is all of that, the verifier has its root.
  if (range.begin > 0) {
    IMMUDB_ASSIGN(const Digest last, RootOf(nodes, range));
    path.push_back(last);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace immudb::merkle
