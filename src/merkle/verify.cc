#include "merkle/verify.h"

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/error.h"
#include "merkle/hasher.h"

namespace immudb::merkle {
namespace {

Error Tampered(std::string_view what) {
  return Fail(Code::kTampered, "{}", what);
}

// The way from a node to the root: where it stands among the nodes of its level, and the last of
// them. A last node that is a left one has no sibling and is carried up.
struct Position {
  std::uint64_t node;
  std::uint64_t last;

  bool at_root() const { return last == 0; }
  bool sibling_is_left() const { return node % 2 == 1 || node == last; }

  void CarryUp() {
    while (node % 2 == 0 && node != 0) Rise();
  }
  void Rise() {
    node /= 2;
    last /= 2;
  }
};

}  // namespace

Status VerifyInclusion(const InclusionProof& proof) {
  if (proof.index.value >= proof.head.size.value) {
    return Tampered("the inclusion proof is of an entry beyond its tree");
  }
  Position position{proof.index.value, proof.head.size.value - 1};
  Digest hash = proof.leaf;
  for (const Digest& sibling : proof.path) {
    if (position.at_root()) return Tampered("the inclusion proof is too long");
    if (position.sibling_is_left()) {
      hash = HashNode(sibling, hash);
      position.CarryUp();
    } else {
      hash = HashNode(hash, sibling);
    }
    position.Rise();
  }
  if (!position.at_root()) return Tampered("the inclusion proof is too short");
  if (hash != proof.head.root) {
    return Tampered("the entry is not in the tree that the inclusion proof names");
  }
  return {};
}

Status VerifyConsistency(const TreeHead& older, const ConsistencyProof& proof) {
  if (proof.older != older.size) {
    return Tampered("the consistency proof is about another size than the trusted one");
  }
  if (older.size.value == 0) return Tampered("the consistency proof starts from an empty tree");
  if (older.size > proof.newer.size) return Tampered("the tree is smaller than the trusted one");
  if (older.size == proof.newer.size) {
    if (!proof.path.empty()) return Tampered("the consistency proof is too long");
    if (older.root != proof.newer.root) return Tampered("two different trees have one size");
    return {};
  }
  if (proof.path.empty()) return Tampered("the consistency proof is too short");

  // The climb starts at the largest complete subtree that ends the older tree. If that is the whole
  // older tree, its root is known and not in the path.
  std::span<const Digest> path = proof.path;
  Digest first = older.root;
  if (!std::has_single_bit(older.size.value)) {
    first = path.front();
    path = path.subspan(1);
  }
  const int level = std::countr_zero(older.size.value);
  Position position{(older.size.value - 1) >> level, (proof.newer.size.value - 1) >> level};
  Digest older_root = first;
  Digest newer_root = first;
  for (const Digest& sibling : path) {
    if (position.at_root()) return Tampered("the consistency proof is too long");
    if (position.sibling_is_left()) {
      older_root = HashNode(sibling, older_root);
      newer_root = HashNode(sibling, newer_root);
      position.CarryUp();
    } else {
      newer_root = HashNode(newer_root, sibling);
    }
    position.Rise();
  }
  if (!position.at_root()) return Tampered("the consistency proof is too short");
  if (older_root != older.root) {
    return Tampered("the consistency proof does not start from the trusted tree");
  }
  if (newer_root != proof.newer.root) {
    return Tampered("the tree does not begin with the trusted one");
  }
  return {};
}

}  // namespace immudb::merkle
