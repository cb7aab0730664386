#include "client/head_checks.h"

#include <gtest/gtest.h>

#include "client/messages.h"
#include "crypto/ecdsa.h"
#include "crypto/sha256.h"
#include "crypto/testing/test_key.h"
#include "merkle/reference_tree.h"

namespace immudb::client {
namespace {

namespace reference = merkle::reference;
constexpr std::size_t kLeaves = 40;

TreeHead HeadOf(reference::Leaves leaves) {
  return {TreeSize{leaves.size()}, reference::TreeHash(leaves)};
}

// The answer that links the trees of `older` and `newer` leaves, in a tree of all leaves.
EntryProof LinkIn(reference::Leaves all, std::size_t older, std::size_t newer) {
  return {
      {LeafIndex{older - 1}, all[older - 1], HeadOf(all), reference::InclusionPath(older - 1, all)},
      reference::ConsistencyPath(newer, all)};
}

TEST(HeadChecksTest, TheRootUpToAnEntryIsThatOfTheTreeThatEndsWithIt) {
  const std::vector<Digest> leaves = reference::MakeLeaves(kLeaves);
  for (std::size_t size = 1; size <= kLeaves; ++size) {
    const reference::Leaves tree = reference::Leaves(leaves).first(size);
    for (std::size_t index = 0; index < size; ++index) {
      const InclusionProof proof{LeafIndex{index}, leaves[index], HeadOf(tree),
                                 reference::InclusionPath(index, tree)};
      EXPECT_EQ(RootUpTo(proof), reference::TreeHash(tree.first(index + 1)))
          << index << " of " << size;
    }
  }
}

TEST(HeadChecksTest, TwoBeginningsOfOneTreeAreLinked) {
  const std::vector<Digest> leaves = reference::MakeLeaves(kLeaves);
  const reference::Leaves view(leaves);
  for (std::size_t size = 2; size <= kLeaves; ++size) {
    for (std::size_t newer = 2; newer <= size; ++newer) {
      for (std::size_t older = 1; older < newer; ++older) {
        EXPECT_TRUE(VerifyLink(HeadOf(view.first(older)), HeadOf(view.first(newer)),
                               LinkIn(view.first(size), older, newer)))
            << older << ", " << newer << " of " << size;
      }
    }
  }
}

TEST(HeadChecksTest, TwoHistoriesAreNotLinked) {
  const std::vector<Digest> leaves = reference::MakeLeaves(kLeaves);
  for (std::size_t newer = 2; newer <= kLeaves; ++newer) {
    for (std::size_t older = 1; older < newer; ++older) {
      for (std::size_t changed = 0; changed < older; ++changed) {
        // The two trees differ in one leaf; the answer is honest about one of them.
        std::vector<Digest> other = leaves;
        other[changed][0] ^= 1;
        const TreeHead old_head = HeadOf(reference::Leaves(leaves).first(older));
        const TreeHead new_head = HeadOf(reference::Leaves(other).first(newer));
        EXPECT_FALSE(VerifyLink(old_head, new_head, LinkIn(leaves, older, newer)));
        EXPECT_FALSE(VerifyLink(old_head, new_head, LinkIn(other, older, newer)));
      }
    }
  }
}

TEST(HeadChecksTest, EveryChangedPartOfALinkIsRefused) {
  const std::vector<Digest> leaves = reference::MakeLeaves(kLeaves);
  const reference::Leaves view(leaves);
  const TreeHead older = HeadOf(view.first(11));
  const TreeHead newer = HeadOf(view.first(22));
  const EntryProof link = LinkIn(view, 11, 22);
  ASSERT_TRUE(VerifyLink(older, newer, link));
  const auto refuses = [&](auto change) {
    EntryProof changed = link;
    change(changed);
    const Status status = VerifyLink(older, newer, changed);
    return !status && status.error().code == Code::kTampered;
  };
  EXPECT_TRUE(refuses([](EntryProof& p) { p.inclusion.leaf[5] ^= 1; }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.inclusion.index.value = 9; }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.inclusion.head.size.value = 0; }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.inclusion.head.root[0] ^= 1; }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.inclusion.path.pop_back(); }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.consistency_path.pop_back(); }));
  EXPECT_TRUE(refuses([](EntryProof& p) { p.consistency_path.clear(); }));
  for (std::size_t i = 0; i < link.inclusion.path.size(); ++i) {
    EXPECT_TRUE(refuses([i](EntryProof& p) { p.inclusion.path[i][31] ^= 0x80; }));
  }
  for (std::size_t i = 0; i < link.consistency_path.size(); ++i) {
    EXPECT_TRUE(refuses([i](EntryProof& p) { p.consistency_path[i][0] ^= 1; }));
  }
}

TEST(HeadChecksTest, ASignedHeadHoldsByThePinnedKeyOrItsFingerprintOnly) {
  const auto key = crypto::EcdsaPrivateKey::FromPem(crypto::kTestKeyPem);
  ASSERT_TRUE(key);
  const std::vector<Digest> leaves = reference::MakeLeaves(3);
  SignedHead head{.head = HeadOf(leaves), .signature = {}, .public_key = key->public_key()};
  EXPECT_FALSE(VerifySignedHead(head, key->public_key())) << "there is no signature";
  head.signature = *key->Sign(EncodeSignedPayload(head.head));
  EXPECT_TRUE(VerifySignedHead(head, key->public_key()));
  EXPECT_TRUE(VerifySignedHead(head, crypto::Sha256(key->public_key())));

  Bytes other = key->public_key();
  other.back() ^= 1;
  EXPECT_FALSE(VerifySignedHead(head, other));
  EXPECT_FALSE(VerifySignedHead(head, crypto::Sha256(other)));
  EXPECT_FALSE(VerifySignedHead(head, {})) << "no key is not any key";
  SignedHead moved = head;
  ++moved.head.size.value;
  EXPECT_FALSE(VerifySignedHead(moved, key->public_key()));
  SignedHead keyless = head;
  keyless.public_key.clear();
  EXPECT_FALSE(VerifySignedHead(keyless, key->public_key()));
  EXPECT_FALSE(VerifySignedHead(keyless, {}));
  SignedHead empty = head;
  empty.head.size.value = 0;
  EXPECT_FALSE(VerifySignedHead(empty, key->public_key()));
}

}  // namespace
}  // namespace immudb::client
