#include "immudb/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "immudb/verify.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

class LedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  Ledger& ledger() { return *world_.ledger; }

  void Reopen() {
    ASSERT_TRUE(world_.Close());
    const Status opened = world_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
  }

  SteppedWorld world_;
};

TEST_F(LedgerTest, AnEmptyLedgerHasTheRootOfNothing) {
  const TreeHead head = *ledger().Head();
  EXPECT_EQ(head.size.value, 0u);
  EXPECT_EQ(head.root[0], 0xe3);
  EXPECT_EQ(ledger().Get(AsBytes("a")).error().message, "Key not found");
  EXPECT_EQ(ledger().At({0}).error().message, "index not found");
  EXPECT_EQ(ledger().ProveInclusion({0}).error().code, Code::kNotFound);
  EXPECT_EQ(ledger().ProveConsistency({0}).error().code, Code::kNotFound);
}

TEST_F(LedgerTest, EntriesGetConsecutiveIndexesAndTheNewestVersionIsRead) {
  EXPECT_EQ(world_.Set("a", "1")->last.value, 0u);
  EXPECT_EQ(world_.Set("a", "2")->last.value, 1u);
  const CommitResult batch = *world_.Commit(BatchOf({{"b", "3"}, {"c", ""}, {"a", "4"}}));
  EXPECT_EQ(batch.first.value, 2u);
  EXPECT_EQ(batch.last.value, 4u);
  const Entry entry = *ledger().Get(AsBytes("a"));
  EXPECT_EQ(AsString(entry.value), "4");
  EXPECT_EQ(entry.index.value, 4u);
  EXPECT_EQ(AsString(ledger().At({0})->value), "1");
  EXPECT_EQ(AsString(ledger().At({3})->value), "");
}

TEST_F(LedgerTest, EveryProofOfEverySizeVerifies) {
  std::vector<TreeHead> heads{*ledger().Head()};
  for (int i = 0; i < 70; i++) {
    const std::string key = "k" + std::to_string(i % 7);
    ASSERT_TRUE(world_.Set(key, std::to_string(i)));
    heads.push_back(*ledger().Head());
  }
  for (std::uint64_t size = 1; size < heads.size(); size++) {
    for (std::uint64_t index = 0; index < size; index++) {
      const std::uint64_t since = (index * 7 + size) % size;
      const EntryProof proof = *ledger().Prove({index}, {size}, LeafIndex{since});
      EXPECT_EQ(proof.inclusion.head, heads[size]);
      const Entry entry = *ledger().At({index});
      const Status verified = VerifyEntry({index}, entry.key, entry.value, proof, heads[since + 1]);
      ASSERT_TRUE(verified) << size << ' ' << index << ' ' << since << verified.error().message;
    }
  }
}

TEST_F(LedgerTest, AProofThatMustNotWaitIsMadeFromMemoryOrNotAtAll) {
  // So many that opening does not read the first pages of the tree.
  WriteBatch batch;
  for (int i = 0; i < 5000; i++) batch.Set(AsBytes("k"), AsBytes(std::to_string(i)));
  ASSERT_TRUE(world_.Commit(std::move(batch)));
  EXPECT_EQ(ledger().statistics().checkpointed_entries, 0u);
  Reopen();
  EXPECT_EQ(ledger().statistics().checkpointed_entries, 5000u);
  const std::uint64_t operations = world_.files.operations();
  const auto from_memory = ledger().TryProve({5}, {130}, LeafIndex{70});
  ASSERT_FALSE(from_memory);
  EXPECT_EQ(from_memory.error().code, Code::kUnavailable);
  EXPECT_EQ(world_.files.operations(), operations);
  const EntryProof proof = *ledger().Prove({5}, {130}, LeafIndex{70});
  const EntryProof again = *ledger().TryProve({5}, {130}, LeafIndex{70});
  EXPECT_EQ(again.inclusion.path, proof.inclusion.path);
  EXPECT_EQ(again.inclusion.head, proof.inclusion.head);
  EXPECT_EQ(again.consistency_path, proof.consistency_path);
  EXPECT_EQ(ledger().TryProve({5}, {5001}, {}).error().message, "index not found");
}

TEST_F(LedgerTest, ReservedAndEmptyKeysAreRefusedAndUseNoIndex) {
  const std::string zero("\0x", 2);
  for (const std::string& key :
       {std::string(), zero, std::string("IMMUDB.METADATA.LAST_FLUSHED_LEAF"),
        std::string("!badger!x")}) {
    EXPECT_EQ(world_.Set(key, "v").error().message, "invalid key");
    EXPECT_EQ(world_.Commit(BatchOf({{"ok", "v"}, {key, "v"}})).error().message, "invalid key");
  }
  EXPECT_TRUE(world_.Set("IMMUDB.METADATA.LAST_FLUSHED_LEAF2", "v"));
  EXPECT_EQ(ledger().Head()->size.value, 1u);
  EXPECT_EQ(world_.Commit(WriteBatch()).error().message, "empty set");
}

TEST_F(LedgerTest, AKeyOverTheLimitIsRefusedWithTheOriginalsText) {
  EXPECT_TRUE(world_.Set(std::string(65'000, 'k'), "v"));
  const Error error = world_.Set(std::string(75'000, 'k'), "v").error();
  EXPECT_EQ(error.code, Code::kLimitExceeded);
  EXPECT_THAT(error.message,
              ::testing::StartsWith(
                  "unknown error: Key with size 75000 exceeded 65000 limit. Key:\n00000000  6b 6b"
                  " 6b 6b 6b 6b 6b 6b  6b 6b 6b 6b 6b 6b 6b 6b  |kkkkkkkkkkkkkkkk|\n00000010 "));
}

TEST_F(LedgerTest, TheTrustedIndexMayBeTheNewestEntryButNoneBeyond) {
  EXPECT_TRUE(ledger().CheckTrustedIndex(LeafIndex{9}));  // As 0.8.1: nothing to compare with.
  ASSERT_TRUE(world_.Set("a", "1"));
  ASSERT_TRUE(world_.Set("a", "2"));
  EXPECT_TRUE(ledger().CheckTrustedIndex(std::nullopt));
  EXPECT_TRUE(ledger().CheckTrustedIndex(LeafIndex{1}));
  EXPECT_EQ(ledger().CheckTrustedIndex(LeafIndex{2}).error().message, "invalid root index");
  EXPECT_EQ(ledger().GetProven(AsBytes("a"), LeafIndex{2}).error().message, "invalid root index");
  EXPECT_EQ(ledger().AtProven({5}, LeafIndex{9}).error().message, "index not found");
}

TEST_F(LedgerTest, AllIsThereAfterACleanRestart) {
  for (int i = 0; i < 700; i++) {
    ASSERT_TRUE(world_.Set("k" + std::to_string(i % 90), std::to_string(i)));
  }
  const TreeHead before = *ledger().Head();
  for (int round = 0; round < 3; round++) {
    Reopen();
    EXPECT_EQ(*ledger().Head(), before);
    EXPECT_EQ(AsString(ledger().Get(AsBytes("k69"))->value), "699");
    EXPECT_EQ(ledger().Get(AsBytes("k0"))->index.value, 630u);
    EXPECT_FALSE(ledger().statistics().damaged);
  }
  EXPECT_EQ(world_.Set("new", "x")->last.value, 700u);
}

TEST_F(LedgerTest, DerivedFilesThatWereDeletedAreRebuilt) {
  for (int i = 0; i < 300; i++) ASSERT_TRUE(world_.Set("k" + std::to_string(i), "v"));
  const TreeHead before = *ledger().Head();
  for (const std::string name : {"tree", "offsets", "index", "manifest"}) {
    ASSERT_TRUE(world_.Close());
    for (const std::string& file : world_.files.AllFiles(std::string("ledger/") + name)) {
      ASSERT_TRUE(world_.files.Remove(file));
    }
    if (*world_.files.Exists(std::string("ledger/") + name)) {
      ASSERT_TRUE(world_.files.Remove(std::string("ledger/") + name));
    }
    const Status opened = world_.Open();
    ASSERT_TRUE(opened) << name << ": " << opened.error().message;
    EXPECT_EQ(*ledger().Head(), before) << name;
    EXPECT_EQ(ledger().Get(AsBytes("k17"))->index.value, 17u) << name;
    EXPECT_FALSE(ledger().statistics().damaged) << name;
  }
}

TEST_F(LedgerTest, ARebuiltTreeWithAnotherRootThanTheManifestIsDamage) {
  // A second ledger of the same id and shape, with one other value: a forger's log, all checksums
  // right.
  SteppedWorld other;
  ASSERT_TRUE(other.Create());
  ASSERT_TRUE(other.Open());
  for (int i = 0; i < 20; i++) {
    ASSERT_TRUE(world_.Set("k" + std::to_string(i), "honest"));
    ASSERT_TRUE(other.Set("k" + std::to_string(i), i == 7 ? "forged" : "honest"));
  }
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(other.Close());
  const std::string segment = "ledger/log/00000000.seg";
  const Bytes forged = *other.files.ReadAll(segment);
  ASSERT_TRUE((*world_.files.Open(segment, io::OpenMode::kReadWrite))->Write(0, BytesView(forged)));
  for (const std::string name : {"ledger/tree", "ledger/offsets"}) {
    ASSERT_TRUE(world_.files.Remove(name));
  }
  ASSERT_TRUE(world_.Open());
  EXPECT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(ledger().Head().error().code, Code::kCorrupted);
  EXPECT_EQ(world_.Set("new", "v").error().code, Code::kCorrupted);
}

TEST_F(LedgerTest, ADamagedDerivedPageIsReportedAndRebuiltAtTheNextOpening) {
  // More than 64 pages: opening reads the newest ones only.
  WriteBatch batch;
  for (int i = 0; i < 5000; i++) batch.Set(AsBytes("k" + std::to_string(i)), AsBytes("v"));
  ASSERT_TRUE(world_.Commit(std::move(batch)));
  const TreeHead before = *ledger().Head();
  for (const std::string name : {"tree", "offsets"}) {
    Reopen();
    ASSERT_TRUE(world_.files.Corrupt("ledger/" + name, 4096 + 100, 1));
    const Result<ProvenEntry> proven = ledger().AtProven({3}, std::nullopt);
    ASSERT_FALSE(proven) << name;
    EXPECT_EQ(proven.error().code, Code::kCorrupted);
    EXPECT_FALSE(ledger().statistics().damaged) << name;
    EXPECT_TRUE(world_.Set("more", "v")) << name;
    Reopen();
    EXPECT_TRUE(ledger().AtProven({3}, std::nullopt)) << name;
    EXPECT_EQ(ledger().Prove({0}, before.size, std::nullopt)->inclusion.head, before) << name;
    EXPECT_TRUE(*world_.files.Exists("ledger/rebuild")) << name;
    Reopen();  // A checkpoint has made the rebuilt files durable.
    EXPECT_FALSE(*world_.files.Exists("ledger/rebuild")) << name;
  }
}

TEST_F(LedgerTest, AChangedEntryStopsWritesRootsAndProofsForEverButNotOtherReads) {
  for (int i = 0; i < 20; i++) ASSERT_TRUE(world_.Set("k" + std::to_string(i), "value"));
  const std::string segment = "ledger/log/00000000.seg";
  const Bytes content = *world_.files.ReadAll(segment);
  const std::string text(content.begin(), content.end());
  const std::size_t at = text.find("k7value");
  ASSERT_NE(at, std::string::npos);
  ASSERT_TRUE(world_.files.Corrupt(segment, at + 3, 1));
  EXPECT_EQ(ledger().Get(AsBytes("k7")).error().code, Code::kCorrupted);
  for (int round = 0; round < 2; round++) {
    EXPECT_TRUE(ledger().statistics().damaged);
    EXPECT_EQ(world_.Set("new", "v").error().code, Code::kCorrupted);
    EXPECT_EQ(ledger().Head().error().code, Code::kCorrupted);
    EXPECT_EQ(ledger().GetProven(AsBytes("k8"), std::nullopt).error().code, Code::kCorrupted);
    EXPECT_EQ(AsString(ledger().Get(AsBytes("k8"))->value), "value");
    world_.Kill();
    ASSERT_TRUE(world_.Open());
  }
}

TEST_F(LedgerTest, AClosedLedgerRefusesWrites) {
  ASSERT_TRUE(ledger().Close());
  EXPECT_EQ(world_.Set("a", "1").error().code, Code::kClosed);
  EXPECT_TRUE(ledger().Close());
}

TEST_F(LedgerTest, ALedgerIsCreatedOnce) {
  EXPECT_EQ(world_.Create().error().code, Code::kExists);
}

TEST(LedgerCreationTest, AnUnknownFolderIsNotFound) {
  SteppedWorld world;
  EXPECT_EQ(world.Open().error().code, Code::kNotFound);
}

TEST(LedgerRulesTest, TheOriginalsBatchLimitsHoldWhereTheyAreAskedFor) {
  SteppedWorld world({.batch_rules = BatchRules::kImmudb081});
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  EXPECT_EQ(world.Commit(BatchOf({{"a", "1"}, {"b", "2"}, {"a", "3"}})).error().message,
            "duplicated keys are not supported in single batch transaction");
  WriteBatch batch;
  for (int i = 0; i < 52'428; i++) batch.Set(AsBytes(std::to_string(i)), {});
  EXPECT_EQ(world.Commit(std::move(batch)).error().message,
            "Txn is too big to fit into one request");
  EXPECT_EQ(world.ledger->Head()->size.value, 0u);
}

}  // namespace
}  // namespace immudb::ledger
