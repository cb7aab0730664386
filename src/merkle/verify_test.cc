#include "merkle/verify.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "merkle/hasher.h"
#include "merkle/reference_tree.h"

namespace immudb::merkle {
namespace {

using reference::Leaves;
using reference::MakeLeaves;

constexpr std::size_t kSizeMax = 70;

// From the root down: on which side the leaf is. Two pairs of leaf and size with one shape are
// proven by the very same path, so no verifier can tell them apart; docs/proofs.md says why that
// is harmless.
std::vector<bool> InclusionShape(std::uint64_t leaf, std::uint64_t size) {
  std::vector<bool> shape;
  while (size > 1) {
    const std::uint64_t k = reference::SplitPoint(size);
    shape.push_back(leaf >= k);
    if (leaf >= k) leaf -= k;
    size = shape.back() ? size - k : k;
  }
  return shape;
}

// The same for a pair of sizes; the last element says whether the older root is left out.
std::vector<bool> ConsistencyShape(std::uint64_t older, std::uint64_t newer) {
  std::vector<bool> shape;
  bool whole = true;
  while (older < newer) {
    const std::uint64_t k = reference::SplitPoint(newer);
    shape.push_back(older > k);
    if (older > k) {
      older -= k;
      newer -= k;
      whole = false;
    } else {
      newer = k;
    }
  }
  shape.push_back(whole);
  return shape;
}

void ExpectTampered(const Status& status) {
  ASSERT_FALSE(status.has_value());
  ASSERT_EQ(status.error().code, Code::kTampered);
}

// Calls `try_it` with each byte of `digest` changed in turn.
template <typename Function>
void ForEachChangedByte(Digest& digest, Function try_it) {
  for (std::size_t i = 0; i < digest.size(); i++) {
    const auto mask = static_cast<std::uint8_t>(1u << (i % 8));
    digest[i] ^= mask;
    try_it();
    digest[i] ^= mask;
  }
}

// Calls `try_it` with the path longer, shorter and in another order, in every place.
template <typename Function>
void ForEachOtherPath(Path& path, Function try_it) {
  const Path original = path;
  for (std::size_t i = 0; i <= original.size(); i++) {
    path.insert(path.begin() + static_cast<std::ptrdiff_t>(i), Digest{});
    try_it();
    path = original;
    if (i == original.size()) break;
    path.insert(path.begin() + static_cast<std::ptrdiff_t>(i), original[i]);
    try_it();
    path = original;
    path.erase(path.begin() + static_cast<std::ptrdiff_t>(i));
    try_it();
    path = original;
    if (i + 1 == original.size()) continue;
    std::swap(path[i], path[i + 1]);
    try_it();
    path = original;
  }
  path.resize(100);
  try_it();
  path = original;
}

class VerifyTest : public testing::Test {
 protected:
  const std::vector<Digest> leaves_ = MakeLeaves(kSizeMax);

  Leaves First(std::size_t size) const { return Leaves(leaves_).first(size); }

  TreeHead Head(std::size_t size) const { return {{size}, reference::TreeHash(First(size))}; }

  InclusionProof Inclusion(std::size_t leaf, std::size_t size) const {
    return {{leaf}, leaves_[leaf], Head(size), reference::InclusionPath(leaf, First(size))};
  }
  ConsistencyProof Consistency(std::size_t older, std::size_t newer) const {
    return {{older}, Head(newer), reference::ConsistencyPath(older, First(newer))};
  }
};

TEST_F(VerifyTest, EveryInclusionProofHoldsAndNoneWithAChange) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    for (std::size_t leaf = 0; leaf < size; leaf++) {
      InclusionProof proof = Inclusion(leaf, size);
      ASSERT_TRUE(VerifyInclusion(proof).has_value()) << leaf << " in " << size;
      const auto expect_tampered = [&proof] { ExpectTampered(VerifyInclusion(proof)); };
      ForEachChangedByte(proof.leaf, expect_tampered);
      ForEachChangedByte(proof.head.root, expect_tampered);
      for (Digest& sibling : proof.path) ForEachChangedByte(sibling, expect_tampered);
      ForEachOtherPath(proof.path, expect_tampered);
      ASSERT_FALSE(HasFailure()) << leaf << " in " << size;
    }
  }
}

TEST_F(VerifyTest, NoInclusionProofHoldsForAnotherIndex) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    for (std::size_t leaf = 0; leaf < size; leaf++) {
      InclusionProof proof = Inclusion(leaf, size);
      for (std::size_t other = 0; other <= 2 * size + 2; other++) {
        proof.index = {other};
        if (other != leaf) ExpectTampered(VerifyInclusion(proof));
      }
      for (int bit = 0; bit < 64; bit++) {
        proof.index = {leaf ^ (std::uint64_t{1} << bit)};
        ExpectTampered(VerifyInclusion(proof));
      }
    }
  }
}

TEST_F(VerifyTest, AnInclusionProofHoldsForAnotherSizeOnlyIfItIsTheProofThere) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    for (std::size_t leaf = 0; leaf < size; leaf++) {
      InclusionProof proof = Inclusion(leaf, size);
      for (std::size_t other = 0; other <= 2 * size + 2; other++) {
        proof.head.size = {other};
        const bool same = other > leaf && InclusionShape(leaf, other) == InclusionShape(leaf, size);
        ASSERT_EQ(VerifyInclusion(proof).has_value(), same) << leaf << " " << size << " " << other;
      }
    }
  }
}

TEST_F(VerifyTest, EveryConsistencyProofHoldsAndNoneWithAChange) {
  for (std::size_t newer = 1; newer <= kSizeMax; newer++) {
    for (std::size_t older = 1; older <= newer; older++) {
      TreeHead trusted = Head(older);
      ConsistencyProof proof = Consistency(older, newer);
      ASSERT_TRUE(VerifyConsistency(trusted, proof).has_value()) << older << " in " << newer;
      const auto expect_tampered = [&] { ExpectTampered(VerifyConsistency(trusted, proof)); };
      ForEachChangedByte(trusted.root, expect_tampered);
      ForEachChangedByte(proof.newer.root, expect_tampered);
      for (Digest& sibling : proof.path) ForEachChangedByte(sibling, expect_tampered);
      ForEachOtherPath(proof.path, expect_tampered);
      ASSERT_FALSE(HasFailure()) << older << " in " << newer;
    }
  }
}

TEST_F(VerifyTest, AConsistencyProofHoldsForOtherSizesOnlyIfItIsTheProofThere) {
  constexpr std::size_t kPairMax = 24;
  for (std::size_t newer = 1; newer <= kPairMax; newer++) {
    for (std::size_t older = 1; older <= newer; older++) {
      TreeHead trusted = Head(older);
      ConsistencyProof proof = Consistency(older, newer);
      for (std::size_t other_newer = 0; other_newer <= 2 * newer + 2; other_newer++) {
        for (std::size_t other_older = 0; other_older <= other_newer + 1; other_older++) {
          trusted.size = proof.older = {other_older};
          proof.newer.size = {other_newer};
          const bool same =
              other_older > 0 && other_older <= other_newer &&
              ConsistencyShape(other_older, other_newer) == ConsistencyShape(older, newer);
          ASSERT_EQ(VerifyConsistency(trusted, proof).has_value(), same)
              << older << " " << newer << " " << other_older << " " << other_newer;
        }
      }
    }
  }
}

TEST_F(VerifyTest, AConsistencyProofMustBeAboutTheTrustedSize) {
  ConsistencyProof proof = Consistency(4, 8);
  proof.older = {5};
  ExpectTampered(VerifyConsistency(Head(4), proof));
}

// A forger chooses the root as well, so only the length of the path can give these away.
TEST_F(VerifyTest, APathTooLongIsRefusedEvenIfTheRootIsMadeForIt) {
  const Digest junk = leaves_[kSizeMax - 1];
  for (std::size_t size = 1; size < kSizeMax; size++) {
    for (std::size_t index = 0; index < size; index++) {
      InclusionProof proof = Inclusion(index, size);
      proof.path.push_back(junk);
      for (const Digest& root :
           {HashNode(junk, Head(size).root), HashNode(Head(size).root, junk)}) {
        proof.head.root = root;
        ExpectTampered(VerifyInclusion(proof));
      }
    }
    for (std::size_t older = 1; older < size; older++) {
      ConsistencyProof proof = Consistency(older, size);
      proof.path.push_back(junk);
      const Digest root = proof.newer.root;
      for (const Digest& newer : {HashNode(junk, root), HashNode(root, junk)}) {
        proof.newer.root = newer;
        ExpectTampered(VerifyConsistency(Head(older), proof));
        const TreeHead shifted{{older}, HashNode(junk, Head(older).root)};
        ExpectTampered(VerifyConsistency(shifted, proof));
      }
    }
  }
}

// The same for a path that ends early: the root is that of the subtree it reaches.
TEST_F(VerifyTest, APathTooShortIsRefusedEvenIfTheRootIsMadeForIt) {
  for (std::size_t size = 2; size <= kSizeMax; size++) {
    for (std::size_t index = 0; index < size; index++) {
      InclusionProof proof = Inclusion(index, size);
      proof.path.clear();
      proof.head.root = proof.leaf;
      ExpectTampered(VerifyInclusion(proof));
    }
    const std::size_t half = reference::SplitPoint(size);
    ConsistencyProof proof = Consistency(half, size);
    proof.path.clear();
    proof.newer.root = Head(half).root;
    ExpectTampered(VerifyConsistency(Head(half), proof));
    for (std::size_t older = 1; older < half; older++) {
      proof = Consistency(older, half);
      proof.newer.size = {size};
      ExpectTampered(VerifyConsistency(Head(older), proof));
    }
  }
}

TEST_F(VerifyTest, NothingHoldsForAnEmptyTree) {
  const TreeHead empty = Head(0);
  ExpectTampered(VerifyInclusion({{0}, leaves_[0], empty, {}}));
  ExpectTampered(VerifyInclusion({{0}, empty.root, empty, {}}));
  ExpectTampered(VerifyConsistency(empty, {{0}, empty, {}}));
  ExpectTampered(VerifyConsistency(empty, {{0}, Head(5), {}}));
  ExpectTampered(VerifyConsistency(empty, {{0}, Head(1), {leaves_[0]}}));
  ExpectTampered(VerifyConsistency(Head(5), {{5}, empty, {}}));
}

TEST_F(VerifyTest, ASmallerTreeIsNotConsistent) {
  for (std::size_t older = 2; older <= kSizeMax; older++) {
    ExpectTampered(VerifyConsistency(Head(older), {{older}, Head(older - 1), {}}));
    ExpectTampered(VerifyConsistency(
        Head(older), {{older}, Head(older - 1), reference::ConsistencyPath(1, First(older - 1))}));
  }
}

TEST_F(VerifyTest, PathsAtTheHighestIndicesEnd) {
  InclusionProof proof{{UINT64_MAX - 1}, leaves_[0], {{UINT64_MAX}, leaves_[1]}, Path(64)};
  ExpectTampered(VerifyInclusion(proof));
  proof.index = {0};
  ExpectTampered(VerifyInclusion(proof));
  for (const std::uint64_t older : {std::uint64_t{1}, std::uint64_t{1} << 63, UINT64_MAX - 1}) {
    const TreeHead trusted{{older}, leaves_[0]};
    ExpectTampered(VerifyConsistency(trusted, {{older}, {{UINT64_MAX}, leaves_[1]}, Path(64)}));
  }
}

}  // namespace
}  // namespace immudb::merkle
