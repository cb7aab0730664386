// The nodes of a tree as 0.8.1 numbers them for PrintTree and Dump: in layers, the leaves being
// layer 0. A node of a layer above is there only if both its children are; what has no right
// sibling is carried up and has no node on the layers it skips. Seven leaves:
//
//   layer 3                 0
//                     /           |
//   layer 2        0                 1
//                /    |            /   |
//   layer 1    0        1        2      |
//             / |      / |      / |      |
//   layer 0  0   1    2   3    4   5      6

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/tree.h"

namespace immudb::api {

// Returns how many nodes `layer` has in a tree of `size` leaves; 0 for layers above the root.
// Requires: layer <= 64.
std::uint64_t NodeCount(std::uint8_t layer, TreeSize size);

// Returns the key under which 0.8.1 stores a node: 0x00, the layer, the index in eight bytes.
Bytes NodeKey(std::uint8_t layer, std::uint64_t index);

// Returns `value` as eight bytes, the highest first.
Bytes BigEndian64(std::uint64_t value);

}  // namespace immudb::api
