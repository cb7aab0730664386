#include "merkle/proofs.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "merkle/hasher.h"
#include "merkle/reference_tree.h"

namespace immudb::merkle {
namespace {

using reference::Leaves;
using reference::MakeLeaves;
using reference::ReferenceNodes;

constexpr std::size_t kSizeMax = 70;

// A reader in which one node, or none, cannot be read, and which counts.
class FaultyNodes : public NodeReader {
 public:
  FaultyNodes(const NodeReader& nodes, std::size_t reads_before_failure)
      : nodes_(nodes), reads_left_(reads_before_failure) {}

  Result<Digest> Read(NodeId node) const override {
    if (reads_left_ == 0) return Fail(Code::kIo, "node {} of level {}", node.index, node.level);
    reads_left_--;
    return nodes_.Read(node);
  }

 private:
  const NodeReader& nodes_;
  mutable std::size_t reads_left_;
};

class ProofsTest : public testing::Test {
 protected:
  const std::vector<Digest> leaves_ = MakeLeaves(kSizeMax);
  const ReferenceNodes nodes_{leaves_};

  Leaves First(std::size_t size) const { return Leaves(leaves_).first(size); }
};

TEST_F(ProofsTest, RootsOfAllSizesAreThoseOfTheRfc) {
  for (std::size_t size = 0; size <= kSizeMax; size++) {
    ASSERT_EQ(RootAt(nodes_, {size}).value(), reference::TreeHash(First(size))) << size;
  }
}

TEST_F(ProofsTest, NodesOfAllSizesCoverTheLeavesThatAreThere) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    for (std::uint8_t level = 0; level <= 7; level++) {
      for (std::uint64_t index = 0; index << level < size; index++) {
        const std::size_t begin = index << level;
        const std::size_t count = std::min(std::size_t{1} << level, size - begin);
        ASSERT_EQ(NodeAt(nodes_, {level, index}, {size}).value(),
                  reference::TreeHash(First(size).subspan(begin, count)))
            << "node " << index << " of level " << int{level} << " in " << size;
      }
    }
  }
}

TEST_F(ProofsTest, InclusionPathsOfAllLeavesInAllSizesAreThoseOfTheRfc) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    for (std::size_t leaf = 0; leaf < size; leaf++) {
      ASSERT_EQ(ProveInclusion(nodes_, {leaf}, {size}).value(),
                reference::InclusionPath(leaf, First(size)))
          << leaf << " in " << size;
    }
  }
}

TEST_F(ProofsTest, ConsistencyPathsOfAllPairsAreThoseOfTheRfc) {
  for (std::size_t newer = 1; newer <= kSizeMax; newer++) {
    for (std::size_t older = 1; older <= newer; older++) {
      ASSERT_EQ(ProveConsistency(nodes_, {older}, {newer}).value(),
                reference::ConsistencyPath(older, First(newer)))
          << older << " in " << newer;
    }
  }
}

// The identity by which a client that trusts the tree of one leaf needs no special case.
TEST_F(ProofsTest, TheConsistencyPathFromOneLeafIsTheInclusionPathOfThatLeaf) {
  for (std::size_t size = 1; size <= kSizeMax; size++) {
    EXPECT_EQ(ProveConsistency(nodes_, {1}, {size}).value(),
              ProveInclusion(nodes_, {0}, {size}).value());
  }
}

TEST_F(ProofsTest, AFailureToReadAnyNodeIsPassedOn) {
  for (std::size_t reads = 0;; reads++) {
    const FaultyNodes faulty(nodes_, reads);
    const Result<Path> path = ProveInclusion(faulty, {17}, {69});
    if (path.has_value()) {
      EXPECT_GE(reads, 7u);
      break;
    }
    ASSERT_EQ(path.error().code, Code::kIo);
  }
  for (std::size_t reads = 0;; reads++) {
    const FaultyNodes faulty(nodes_, reads);
    const Result<Path> path = ProveConsistency(faulty, {13}, {69});
    if (path.has_value()) {
      EXPECT_GE(reads, 6u);
      break;
    }
    ASSERT_EQ(path.error().code, Code::kIo);
  }
  EXPECT_EQ(RootAt(FaultyNodes(nodes_, 2), {69}).error().code, Code::kIo);
}

TEST_F(ProofsTest, AHashedLevelIsItsNodesHashedOneByOne) {
  std::vector<Digest> parents(kSizeMax / 2);
  HashLevel(leaves_, parents);
  for (std::size_t i = 0; i < parents.size(); i++) {
    EXPECT_EQ(parents[i], HashNode(leaves_[2 * i], leaves_[2 * i + 1]));
    EXPECT_EQ(parents[i], reference::TreeHash(Leaves(leaves_).subspan(2 * i, 2)));
  }
}

using ProofsDeathTest = ProofsTest;

TEST_F(ProofsDeathTest, ProofsAboutNothingAreABug) {
  EXPECT_DEATH((void)ProveInclusion(nodes_, {3}, {3}), "check failed");
  EXPECT_DEATH((void)ProveConsistency(nodes_, {0}, {3}), "check failed");
  EXPECT_DEATH((void)ProveConsistency(nodes_, {4}, {3}), "check failed");
}

}  // namespace
}  // namespace immudb::merkle
