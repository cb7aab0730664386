// Digests, encodings and proofs against tests/data/ledger.json, the answers of immudb 0.8.1.

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/hex.h"
#include "immudb/verify.h"
#include "merkle/proofs.h"
#include "merkle/reference_tree.h"
#include "merkle/tree_layers.h"
#include "proof/entry_digest.h"
#include "proof/stored_encoding.h"

namespace immudb::proof {
namespace {

using Json = nlohmann::json;
using merkle::reference::Leaves;
using merkle::reference::ReferenceNodes;

const Json& Vectors() {
  static const Json vectors =
      Json::parse(std::ifstream(std::string(IMMUDB_SOURCE_DIR) + "/tests/data/ledger.json"));
  return vectors;
}

// Bytes are hexadecimal, or {"repeat": hexadecimal, "times": n} for a long run.
Bytes ToBytes(const Json& json) {
  if (json.is_string()) return FromHex(json.get<std::string>()).value();
  const Bytes unit = FromHex(json.at("repeat").get<std::string>()).value();
  Bytes bytes;
  for (int i = 0; i < json.at("times").get<int>(); i++) {
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  return bytes;
}

Digest ToDigest(const Json& json) {
  const Bytes bytes = ToBytes(json);
  Digest digest{};
  EXPECT_EQ(bytes.size(), digest.size());
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

// Numbers above 2^53 are decimal strings.
std::uint64_t ToNumber(const Json& json) {
  return json.is_string() ? std::stoull(json.get<std::string>()) : json.get<std::uint64_t>();
}

std::optional<LeafIndex> ToIndex(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return LeafIndex{ToNumber(json)};
}

double ToScore(const Json& json) {
  return std::strtod(json.get<std::string>().c_str(), nullptr);
}

Path ToPath(const Json& json) {
  Path path;
  for (const Json& digest : json) path.push_back(ToDigest(digest));
  return path;
}

// The clients' `at` is the last leaf of a tree.
TreeSize SizeUpTo(const Json& at) {
  return {ToNumber(at) + 1};
}

InclusionProof ToInclusion(const Json& json) {
  return {{ToNumber(json.at("index"))},
          ToDigest(json.at("leaf")),
          {SizeUpTo(json.at("at")), ToDigest(json.at("root"))},
          ToPath(json.at("path"))};
}

Status VerifyConsistencyOf(const Json& json) {
  const TreeHead older{SizeUpTo(json.at("first")), ToDigest(json.at("firstRoot"))};
  return VerifyConsistency(older, {older.size,
                                   {SizeUpTo(json.at("second")), ToDigest(json.at("secondRoot"))},
                                   ToPath(json.at("path"))});
}

std::vector<Digest> AllLeaves() {
  std::vector<Digest> leaves;
  for (const Json& entry : Vectors().at("leaves")) leaves.push_back(ToDigest(entry.at("leaf")));
  return leaves;
}

TEST(VectorsTest, EntriesHashToTheirDigests) {
  ASSERT_GE(Vectors().at("digests").size(), 18u);
  for (const char* const member : {"digests", "structured"}) {
    for (const Json& entry : Vectors().at(member)) {
      const LeafIndex index{ToNumber(entry.at("index"))};
      const Bytes key = ToBytes(entry.at("key"));
      const Bytes value = ToBytes(entry.at("value"));
      EXPECT_EQ(EntryDigest(index, key, value), ToDigest(entry.at("digest"))) << entry;
      Digest digest{};
      EntryDigests(index, std::vector<EntryView>{{key, value}}, {&digest, 1});
      EXPECT_EQ(digest, ToDigest(entry.at("digest"))) << entry;
    }
  }
}

TEST(VectorsTest, TheSequenceHashesToItsLeavesAllAtOnce) {
  const Json& entries = Vectors().at("leaves");
  ASSERT_EQ(entries.size(), 70u);
  std::vector<Bytes> bytes;
  for (const Json& entry : entries) {
    bytes.push_back(ToBytes(entry.at("key")));
    bytes.push_back(ToBytes(entry.at("value")));
  }
  std::vector<EntryView> views;
  for (std::size_t i = 0; i < entries.size(); i++)
    views.push_back({bytes[2 * i], bytes[2 * i + 1]});
  std::vector<Digest> digests(views.size());
  EntryDigests({0}, views, digests);
  EXPECT_EQ(digests, AllLeaves());
}

TEST(VectorsTest, RootsOfAllSizesMatch) {
  const std::vector<Digest> leaves = AllLeaves();
  const ReferenceNodes nodes(leaves);
  ASSERT_EQ(Vectors().at("roots").size(), 71u);
  for (const Json& entry : Vectors().at("roots")) {
    const TreeSize size{ToNumber(entry.at("size"))};
    EXPECT_EQ(merkle::RootAt(nodes, size).value(), ToDigest(entry.at("root"))) << size.value;
  }
}

TEST(VectorsTest, InclusionPathsMatchAndVerify) {
  const std::vector<Digest> leaves = AllLeaves();
  const ReferenceNodes nodes(leaves);
  ASSERT_GE(Vectors().at("inclusion").size(), 160u);
  for (const Json& entry : Vectors().at("inclusion")) {
    const InclusionProof proof = ToInclusion(entry);
    EXPECT_EQ(merkle::ProveInclusion(nodes, proof.index, proof.head.size).value(), proof.path);
    EXPECT_TRUE(VerifyInclusion(proof).has_value()) << entry;
  }
}

TEST(VectorsTest, ConsistencyPathsMatchAndVerify) {
  const std::vector<Digest> leaves = AllLeaves();
  const ReferenceNodes nodes(leaves);
  ASSERT_GE(Vectors().at("consistency").size(), 160u);
  for (const Json& entry : Vectors().at("consistency")) {
    const Result<Path> path =
        merkle::ProveConsistency(nodes, SizeUpTo(entry.at("first")), SizeUpTo(entry.at("second")));
    EXPECT_EQ(path.value(), ToPath(entry.at("path")));
    EXPECT_TRUE(VerifyConsistencyOf(entry).has_value()) << entry;
  }
}

TEST(VectorsTest, WholeAnswersVerifyAsForTheClientsOfImmudb) {
  const Json& entries = Vectors().at("leaves");
  ASSERT_GE(Vectors().at("safe_proofs").size(), 10u);
  for (const Json& item : Vectors().at("safe_proofs")) {
    const Json& given = item.at("proof");
    const std::uint64_t index = ToNumber(given.at("index"));
    const EntryProof proof{{{index},
                            ToDigest(given.at("leaf")),
                            {SizeUpTo(given.at("at")), ToDigest(given.at("root"))},
                            ToPath(given.at("inclusionPath"))},
                           ToPath(given.at("consistencyPath"))};
    const Bytes key = ToBytes(entries.at(index).at("key"));
    const Bytes value = ToBytes(entries.at(index).at("value"));
    const Json& root_index = item.at("rootIndex");
    const TreeHead trusted{SizeUpTo(root_index.is_null() ? Json(0) : root_index),
                           ToDigest(item.at("prevRoot"))};
    EXPECT_EQ(VerifyEntry({index}, key, value, proof, trusted).has_value(),
              item.at("verifiesAgainstPrevRoot").get<bool>())
        << item;
    EXPECT_TRUE(VerifyEntry({index}, key, value, proof, std::nullopt).has_value()) << item;
  }
}

TEST(VectorsTest, ChangedProofsAreRejected) {
  ASSERT_GE(Vectors().at("rejections").size(), 65u);
  for (const Json& item : Vectors().at("rejections")) {
    const Status status = item.at("kind") == "inclusion" ? VerifyInclusion(ToInclusion(item))
                                                         : VerifyConsistencyOf(item);
    ASSERT_FALSE(status.has_value()) << item;
    EXPECT_EQ(status.error().code, Code::kTampered);
  }
}

TEST(VectorsTest, TheLayersOfATreeAreThoseThatImmudbPrints) {
  const std::vector<Digest> leaves = AllLeaves();
  const ReferenceNodes nodes(leaves);
  ASSERT_EQ(Vectors().at("print_tree").size(), 18u);
  for (const Json& tree : Vectors().at("print_tree")) {
    const TreeSize size{ToNumber(tree.at("size"))};
    const Json& layers = tree.at("layers");
    ASSERT_EQ(merkle::LayerCount(size), layers.size());
    for (std::uint8_t layer = 0; layer < layers.size(); layer++) {
      ASSERT_EQ(merkle::LayerLength(size, layer), layers[layer].size());
      for (std::uint64_t i = 0; i < layers[layer].size(); i++) {
        EXPECT_EQ(layers[layer][i].at("index"), i);
        EXPECT_EQ(merkle::ReadLayerNode(nodes, {layer, i}, size).value(),
                  ToDigest(layers[layer][i].at("h")));
      }
    }
  }
}

TEST(VectorsTest, ReferenceValuesEncodeAndDecode) {
  ASSERT_GE(Vectors().at("reference_values").size(), 35u);
  for (const Json& item : Vectors().at("reference_values")) {
    const Bytes key = ToBytes(item.at("key"));
    const Bytes value = ToBytes(item.at("value"));
    EXPECT_EQ(EncodeTarget({key, ToIndex(item.at("index"))}), value) << item;
    const Result<TargetView> target = DecodeTarget(value);
    ASSERT_TRUE(target.has_value()) << item;
    EXPECT_EQ(Bytes(target->key.begin(), target->key.end()), key);
    EXPECT_EQ(target->index, ToIndex(item.at("index")));
  }
  for (const Json& item : Vectors().at("reference_leaves")) {
    const Bytes key = ToBytes(item.at("key"));
    const Bytes value = EncodeTarget({key, ToIndex(item.at("index"))});
    EXPECT_EQ(value, ToBytes(item.at("value")));
    EXPECT_EQ(EntryDigest({ToNumber(item.at("leafIndex"))}, ToBytes(item.at("reference")), value),
              ToDigest(item.at("digest")));
  }
}

TEST(VectorsTest, SortedSetKeysEncodeAndDecode) {
  ASSERT_GE(Vectors().at("set_keys").size(), 124u);
  for (const Json& item : Vectors().at("set_keys")) {
    const Bytes set = ToBytes(item.at("set"));
    const Bytes key = ToBytes(item.at("key"));
    const TargetView target{key, ToIndex(item.at("index"))};
    const Bytes stored = EncodeSetKey(set, ToScore(item.at("score")), target);
    EXPECT_EQ(stored, ToBytes(item.at("setKey"))) << item;
    EXPECT_EQ(EntryDigest({9}, stored, EncodeTarget(target)), ToDigest(item.at("digestAtIndex9")));
    const Result<SetMemberView> member = DecodeSetKey(set, stored);
    ASSERT_TRUE(member.has_value()) << item;
    EXPECT_EQ(std::bit_cast<std::uint64_t>(member->score),
              GetBigU64(ToBytes(item.at("scoreBytes")).data()));
    EXPECT_EQ(Bytes(member->target.key.begin(), member->target.key.end()), key);
    EXPECT_EQ(member->target.index, target.index);
  }
}

TEST(VectorsTest, ScoresAreStoredAsTheyAre) {
  const Bytes set = {'s'};
  const Bytes prefix = EncodeSetPrefix(set);
  ASSERT_EQ(Vectors().at("scores").size(), 40u);
  for (const Json& item : Vectors().at("scores")) {
    Bytes expected = prefix;
    const Bytes score = ToBytes(item.at("bytes"));
    expected.insert(expected.end(), score.begin(), score.end());
    EXPECT_EQ(EncodeSetScorePrefix(set, ToScore(item.at("score"))), expected) << item;
  }
  for (const Json& item : Vectors().at("set_prefix")) {
    EXPECT_EQ(EncodeSetPrefix(ToBytes(item.at("set"))), ToBytes(item.at("prefix")));
  }
}

TEST(VectorsTest, ByteOrderWithinASetIsTheOrderOfIteration) {
  const BytesView set = AsBytes("set1");
  Bytes before;
  for (const Json& score : Vectors().at("zset_iteration_order").at("scores")) {
    const Bytes key = EncodeSetKey(set, ToScore(score), {AsBytes("key"), std::nullopt});
    EXPECT_LT(before, key) << score;
    before = key;
  }
}

}  // namespace
}  // namespace immudb::proof
