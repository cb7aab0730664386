// Roots and proofs, made from the nodes of complete subtrees.
//
// The tree of n leaves splits at the largest power of two below n; what has no right sibling is
// carried up unchanged (RFC 6962 section 2.1). Any earlier state of the tree can be asked for, for
// its nodes are among those of the tree today.
//
// Cost: O(log n) reads, and as many hashes at the ragged right edge.

#pragma once

#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "merkle/node_reader.h"

namespace immudb::merkle {

// Returns the root of the first `size` leaves.
// Errors: those of NodeReader, here and below.
Result<Digest> RootAt(const NodeReader& nodes, TreeSize size);

// Returns the hash of the leaves below `node` that the tree of `size` leaves has: of all of them if
// it is complete, else as if they were a tree of their own.
// Requires: node.level < 64; there is such a leaf.
Result<Digest> NodeAt(const NodeReader& nodes, NodeId node, TreeSize size);

// Returns the path that proves `leaf` is in the tree of `size` leaves, the sibling next to the leaf
// first. See merkle/verify.h.
// Requires: leaf < size.
// Source: RFC 6962 section 2.1.1.
Result<Path> ProveInclusion(const NodeReader& nodes, LeafIndex leaf, TreeSize size);

// Returns the path that proves the tree of `newer` leaves begins with the tree of `older` leaves,
// the deepest node first. Empty if they are the same. See merkle/verify.h.
// Requires: 0 < older <= newer.
// Source: RFC 6962 section 2.1.2.
Result<Path> ProveConsistency(const NodeReader& nodes, TreeSize older, TreeSize newer);

}  // namespace immudb::merkle
