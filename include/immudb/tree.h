// The vocabulary of the Merkle tree: positions, sizes, roots and proofs.
//
// Entry i of a ledger is leaf i of its tree. Sizes and positions are different types, so that one
// cannot be passed for the other. Hashing follows RFC 6962 section 2.1; see docs/proofs.md.

#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "immudb/digest.h"

namespace immudb {

// A leaf's position, counted from zero.
struct LeafIndex {
  std::uint64_t value = 0;
  auto operator<=>(const LeafIndex&) const = default;
};

// A number of leaves. Size n names the state of the tree just after leaf n - 1 was appended.
struct TreeSize {
  std::uint64_t value = 0;
  auto operator<=>(const TreeSize&) const = default;
};

// Hashes from the leaf's level up to just below the root.
using Path = std::vector<Digest>;

// A tree's state. The root of no leaves is SHA-256 of nothing.
struct TreeHead {
  TreeSize size;
  Digest root{};
  bool operator==(const TreeHead&) const = default;
};

// Shows that `leaf`, a leaf hash, is the leaf `index` of the tree `head`.
struct InclusionProof {
  LeafIndex index;
  Digest leaf{};
  TreeHead head;
  Path path{};
};

// Shows that the tree `newer` begins with the leaves of the tree of size `older`.
struct ConsistencyProof {
  TreeSize older;
  TreeHead newer;
  Path path{};
};

// What a verified call answers: inclusion of one entry in `inclusion.head`, and consistency of that
// tree with the older one the caller named.
struct EntryProof {
  InclusionProof inclusion;
  Path consistency_path{};
};

}  // namespace immudb
