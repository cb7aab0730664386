// The tree as layers of nodes, as immudb 0.8.1 prints it: leaves first, the root alone in the last.
//
// A node stands in the layer of its height and exists only if it has two children; a subtree that
// is carried up has no node on the layers it skips. Of the tree of six leaves
//
//   layer 3   {0}
//   layer 2   {0}
//   layer 1   {0, 1, 2}
//   layer 0   {0, 1, 2, 3, 4, 5}

#pragma once

#include <cstdint>

#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "merkle/node_reader.h"

namespace immudb::merkle {

// Returns the number of layers: none for the empty tree.
std::uint8_t LayerCount(TreeSize size);

// Returns the number of nodes in `layer`.
// Requires: layer < LayerCount(size).
std::uint64_t LayerLength(TreeSize size, std::uint8_t layer);

// Returns the hash of a node of the tree of `size` leaves; at the right edge it covers only the
// leaves there are.
// Requires: node.level < LayerCount(size); node.index < LayerLength(size, node.level).
// Errors: those of NodeReader.
Result<Digest> ReadLayerNode(const NodeReader& nodes, NodeId node, TreeSize size);

}  // namespace immudb::merkle
