#include "immudb/verify.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "merkle/proofs.h"
#include "merkle/reference_tree.h"
#include "proof/entry_digest.h"

namespace immudb::proof {
namespace {

constexpr std::size_t kEntries = 12;

class VerifyEntryTest : public testing::Test {
 protected:
  VerifyEntryTest() {
    for (std::size_t i = 0; i < kEntries; i++) {
      keys_.push_back("key" + std::to_string(i));
      values_.push_back("value" + std::to_string(i * i));
      leaves_.push_back(EntryDigest({i}, AsBytes(keys_[i]), AsBytes(values_[i])));
    }
  }

  TreeHead Head(std::size_t size) const {
    return {{size}, merkle::reference::TreeHash(std::span(leaves_).first(size))};
  }
  EntryProof Prove(std::size_t index, std::size_t size, std::size_t older) const {
    const merkle::reference::ReferenceNodes nodes(leaves_);
    return {{{index},
             leaves_[index],
             Head(size),
             merkle::ProveInclusion(nodes, {index}, {size}).value()},
            merkle::ProveConsistency(nodes, {older}, {size}).value()};
  }
  Status Verify(std::size_t index, const EntryProof& proof,
                const std::optional<TreeHead>& trusted) const {
    return VerifyEntry({index}, AsBytes(keys_[index]), AsBytes(values_[index]), proof, trusted);
  }

  std::vector<std::string> keys_;
  std::vector<std::string> values_;
  std::vector<Digest> leaves_;
};

TEST_F(VerifyEntryTest, EveryHonestAnswerHolds) {
  for (std::size_t size = 1; size <= kEntries; size++) {
    for (std::size_t older = 1; older <= size; older++) {
      for (std::size_t index = 0; index < size; index++) {
        const EntryProof proof = Prove(index, size, older);
        EXPECT_TRUE(Verify(index, proof, Head(older)).has_value());
        EXPECT_TRUE(Verify(index, proof, std::nullopt).has_value());
        EXPECT_TRUE(Verify(index, proof, Head(0)).has_value());
      }
    }
  }
}

TEST_F(VerifyEntryTest, EveryChangeOfAnAnswerIsTampering) {
  const EntryProof honest = Prove(5, 11, 7);
  const TreeHead trusted = Head(7);
  const std::vector<std::function<void(EntryProof&)>> changes = {
      [](EntryProof& proof) { proof.inclusion.index.value++; },
      [](EntryProof& proof) { proof.inclusion.leaf[0] ^= 1; },
      [](EntryProof& proof) { proof.inclusion.head.root[31] ^= 1; },
      [](EntryProof& proof) { proof.inclusion.head.size = {7}; },
      [](EntryProof& proof) { proof.inclusion.head.size = {5}; },
      [](EntryProof& proof) { proof.inclusion.path.pop_back(); },
      [](EntryProof& proof) { proof.inclusion.path.emplace_back(); },
      [](EntryProof& proof) { proof.inclusion.path[1][1] ^= 1; },
      [](EntryProof& proof) { proof.consistency_path.clear(); },
      [](EntryProof& proof) { proof.consistency_path.pop_back(); },
      [](EntryProof& proof) { proof.consistency_path.emplace_back(); },
      [](EntryProof& proof) { proof.consistency_path[0][0] ^= 1; },
  };
  for (std::size_t i = 0; i < changes.size(); i++) {
    EntryProof changed = honest;
    changes[i](changed);
    const Status status = Verify(5, changed, trusted);
    ASSERT_FALSE(status.has_value()) << i;
    EXPECT_EQ(status.error().code, Code::kTampered) << i;
  }
  EXPECT_EQ(VerifyEntry({5}, AsBytes("key"), AsBytes(values_[5]), honest, trusted).error().code,
            Code::kTampered);
  EXPECT_EQ(VerifyEntry({5}, AsBytes(keys_[5]), {}, honest, trusted).error().code, Code::kTampered);
  EXPECT_EQ(Verify(4, honest, trusted).error().code, Code::kTampered);
  EXPECT_EQ(Verify(5, honest, TreeHead{{7}, Head(6).root}).error().code, Code::kTampered);
}

TEST_F(VerifyEntryTest, ATreeSmallerThanTheTrustedOneIsTampering) {
  EntryProof proof = Prove(3, 6, 6);
  proof.consistency_path.clear();
  EXPECT_EQ(Verify(3, proof, Head(9)).error().code, Code::kTampered);
}

TEST(EntryDigestTest, ManyAtOnceHashAsOneByOne) {
  std::vector<std::string> bytes;
  for (std::size_t i = 0; i < 200; i++) bytes.emplace_back(i * 7 % 301, static_cast<char>(i));
  std::vector<EntryView> entries;
  for (std::size_t i = 0; i < bytes.size(); i++) {
    entries.push_back({AsBytes(bytes[i]).first(bytes[i].size() / 3), AsBytes(bytes[199 - i])});
  }
  for (const std::size_t count : {0u, 1u, 2u, 63u, 64u, 65u, 200u}) {
    std::vector<Digest> digests(count);
    EntryDigests({UINT64_MAX - 10}, std::span(entries).first(count), digests);
    for (std::size_t i = 0; i < count; i++) {
      const LeafIndex index{UINT64_MAX - 10 + i};
      ASSERT_EQ(digests[i], EntryDigest(index, entries[i].key, entries[i].value)) << i;
    }
  }
}

}  // namespace
}  // namespace immudb::proof
