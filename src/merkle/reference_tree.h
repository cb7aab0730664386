// The tree of RFC 6962 section 2.1, written down as the RFC defines it and as slow as that is. For
// tests, which compare everything else with it.

#pragma once

#include <span>
#include <vector>

#include "base/check.h"
#include "crypto/sha256.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "merkle/node_reader.h"

namespace immudb::merkle::reference {

using Leaves = std::span<const Digest>;

// "k" of section 2.1: the largest power of two smaller than n.
inline std::size_t SplitPoint(std::size_t n) {
  std::size_t k = 1;
  while (2 * k < n) k *= 2;
  return k;
}

// "MTH(D[n])", of leaves that are hashed already.
inline Digest TreeHash(Leaves leaves) {
  if (leaves.empty()) return crypto::Sha256(BytesView());
  if (leaves.size() == 1) return leaves[0];
  const std::size_t k = SplitPoint(leaves.size());
  const std::uint8_t prefix = 1;
  const Digest left = TreeHash(leaves.first(k));
  const Digest right = TreeHash(leaves.subspan(k));
  const std::array<BytesView, 3> parts = {BytesView(&prefix, 1), left, right};
  return crypto::Sha256(parts);
}

// "PATH(m, D[n])" of section 2.1.1.
inline Path InclusionPath(std::size_t m, Leaves leaves) {
  if (leaves.size() == 1) return {};
  const std::size_t k = SplitPoint(leaves.size());
  Path path = m < k ? InclusionPath(m, leaves.first(k)) : InclusionPath(m - k, leaves.subspan(k));
  path.push_back(m < k ? TreeHash(leaves.subspan(k)) : TreeHash(leaves.first(k)));
  return path;
}

enum class Whole : bool { kNo, kYes };

// "SUBPROOF(m, D[n], b)" of section 2.1.2.
inline Path SubProof(std::size_t m, Leaves leaves, Whole whole) {
  if (m == leaves.size()) return whole == Whole::kYes ? Path{} : Path{TreeHash(leaves)};
  const std::size_t k = SplitPoint(leaves.size());
  Path path =
      m <= k ? SubProof(m, leaves.first(k), whole) : SubProof(m - k, leaves.subspan(k), Whole::kNo);
  path.push_back(m <= k ? TreeHash(leaves.subspan(k)) : TreeHash(leaves.first(k)));
  return path;
}

// "PROOF(m, D[n])" of section 2.1.2.
inline Path ConsistencyPath(std::size_t m, Leaves leaves) {
  return SubProof(m, leaves, Whole::kYes);
}

// Distinct digests that stand for leaves.
inline std::vector<Digest> MakeLeaves(std::size_t count) {
  std::vector<Digest> leaves(count);
  for (std::size_t i = 0; i < count; i++) {
    std::array<std::uint8_t, 9> bytes{};
    for (std::size_t k = 0; k < 8; k++) bytes[k] = static_cast<std::uint8_t>(i >> (8 * k));
    leaves[i] = crypto::Sha256(BytesView(bytes));
  }
  return leaves;
}

// All complete subtrees of the leaves, each computed once. The view of the leaves must stay valid.
class ReferenceNodes : public NodeReader {
 public:
  explicit ReferenceNodes(Leaves leaves) {
    levels_.emplace_back(leaves.begin(), leaves.end());
    while (levels_.back().size() > 1) {
      const std::vector<Digest>& below = levels_.back();
      std::vector<Digest> level(below.size() / 2);
      for (std::size_t i = 0; i < level.size(); i++) {
        level[i] = TreeHash(Leaves(below).subspan(2 * i, 2));
      }
      levels_.push_back(std::move(level));
    }
  }

  Result<Digest> Read(NodeId node) const override {
    IMMUDB_CHECK(node.level < levels_.size());
    IMMUDB_CHECK(node.index < levels_[node.level].size());
    return levels_[node.level][node.index];
  }

 private:
  std::vector<std::vector<Digest>> levels_;
};

}  // namespace immudb::merkle::reference
