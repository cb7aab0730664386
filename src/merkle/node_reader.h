// Where the nodes of a tree are read from: memory, a file, or a test's array.
//
// Only complete subtrees have a place. Their hashes are final, whatever the tree grows to:
//
//   level 2              (2,0)
//                       /     |
//   level 1        (1,0)       (1,1)        (1,2)
//                 /    |      /    |       /    |
//   level 0    (0,0) (0,1) (0,2) (0,3)  (0,4) (0,5)  (0,6)      seven leaves

#pragma once

#include <compare>
#include <cstdint>

#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::merkle {

// The complete subtree of the leaves from index * 2^level up to, not including,
// (index + 1) * 2^level.
struct NodeId {
  std::uint8_t level = 0;  // At most 63.
  std::uint64_t index = 0;
  auto operator<=>(const NodeId&) const = default;
};

// Whether all leaves of `node` are among the first `size`. True implies a valid level.
inline bool IsComplete(NodeId node, TreeSize size) {
  return node.level < 64 && node.index < (size.value >> node.level);
}

class NodeReader {
 public:
  virtual ~NodeReader() = default;

  // Returns the hash of `node`.
  // Requires: the node is complete in the tree that the implementation offers.
  // Errors: those of the implementation; kIo, kCorrupted.
  virtual Result<Digest> Read(NodeId node) const = 0;
};

}  // namespace immudb::merkle
