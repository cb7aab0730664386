// The worked example of docs/proofs.md.

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/hex.h"
#include "crypto/sha256.h"
#include "immudb/verify.h"
#include "merkle/proofs.h"
#include "merkle/reference_tree.h"

namespace immudb::proof {
namespace {

// The blocks ```hex NAME of the page, by name.
std::map<std::string, Bytes> ReadBlocks() {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/proofs.md");
  const std::string opening = "```hex ";
  std::map<std::string, std::string> digits;
  std::string name;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(opening)) {
      name = line.substr(opening.size());
    } else if (line.starts_with("```")) {
      name.clear();
    } else if (!name.empty()) {
      std::erase(line, ' ');
      digits[name] += line;
    }
  }
  std::map<std::string, Bytes> blocks;
  for (const auto& [key, text] : digits) blocks[key] = FromHex(text).value();
  return blocks;
}

class ProofsPageTest : public testing::Test {
 protected:
  Digest BlockDigest(const std::string& name) const {
    Digest digest{};
    const Bytes& bytes = blocks_.at(name);
    EXPECT_EQ(bytes.size(), digest.size());
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
  }

  const std::map<std::string, Bytes> blocks_ = ReadBlocks();
  const std::vector<Digest> leaves_ = {BlockDigest("leaf 0"), BlockDigest("leaf 1"),
                                       BlockDigest("leaf 2")};
  const TreeHead two_{{2}, BlockDigest("root 2")};
  const TreeHead three_{{3}, BlockDigest("root 3")};
};

TEST_F(ProofsPageTest, TheEntriesHashToTheLeavesOfThePage) {
  EXPECT_EQ(blocks_.size(), 6u);
  EXPECT_EQ(crypto::Sha256(BytesView(blocks_.at("entry 2"))), leaves_[2]);
  EXPECT_EQ(EntryDigest({0}, AsBytes("a"), AsBytes("1")), leaves_[0]);
  EXPECT_EQ(EntryDigest({1}, AsBytes("b"), AsBytes("2")), leaves_[1]);
  EXPECT_EQ(EntryDigest({2}, AsBytes("a"), AsBytes("3")), leaves_[2]);
}

TEST_F(ProofsPageTest, TheRootsAndPathsAreThoseOfThePage) {
  const merkle::reference::ReferenceNodes nodes(leaves_);
  EXPECT_EQ(merkle::RootAt(nodes, {2}).value(), two_.root);
  EXPECT_EQ(merkle::RootAt(nodes, {3}).value(), three_.root);
  EXPECT_EQ(merkle::ProveInclusion(nodes, {0}, {3}).value(), (Path{leaves_[1], leaves_[2]}));
  EXPECT_EQ(merkle::ProveInclusion(nodes, {2}, {3}).value(), Path{two_.root});
  EXPECT_EQ(merkle::ProveConsistency(nodes, {2}, {3}).value(), Path{leaves_[2]});
  EXPECT_EQ(merkle::ProveConsistency(nodes, {1}, {3}).value(), (Path{leaves_[1], leaves_[2]}));
}

TEST_F(ProofsPageTest, AClientThatTrustsSizeTwoAcceptsTheThirdEntry) {
  const EntryProof proof{{{2}, leaves_[2], three_, {two_.root}}, {leaves_[2]}};
  const auto verify = [&](std::string_view key, std::string_view value, LeafIndex index) {
    return VerifyEntry(index, AsBytes(key), AsBytes(value), proof, two_);
  };
  EXPECT_TRUE(verify("a", "3", {2}).has_value());
  EXPECT_EQ(verify("b", "3", {2}).error().code, Code::kTampered);
  EXPECT_EQ(verify("a", "1", {2}).error().code, Code::kTampered);
  EXPECT_EQ(verify("a", "3", {0}).error().code, Code::kTampered);
}

// What the page says of a size on its own.
TEST_F(ProofsPageTest, APathAloneDoesNotShowTheSizeButAWrongSizeConvictsItself) {
  const Path path = {leaves_[1], leaves_[2]};
  const TreeHead claimed{{4}, three_.root};
  EXPECT_TRUE(VerifyInclusion({{0}, leaves_[0], three_, path}).has_value());
  EXPECT_TRUE(VerifyInclusion({{0}, leaves_[0], claimed, path}).has_value());
  // No honest tree is consistent with the claim.
  const std::vector<Digest> more = merkle::reference::MakeLeaves(9);
  std::vector<Digest> all = leaves_;
  all.insert(all.end(), more.begin(), more.end());
  const merkle::reference::ReferenceNodes nodes(all);
  for (std::uint64_t size = 4; size <= all.size(); size++) {
    const TreeHead newer{{size}, merkle::RootAt(nodes, {size}).value()};
    const Path consistency = merkle::ProveConsistency(nodes, {4}, {size}).value();
    EXPECT_FALSE(VerifyConsistency(claimed, {{4}, newer, consistency}).has_value()) << size;
  }
}

}  // namespace
}  // namespace immudb::proof
