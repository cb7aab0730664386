// Real threads: many writers, readers and checkpoints at once. Run under TSan as well.

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "immudb/verify.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

class LedgerConcurrencyTest : public ::testing::TestWithParam<Durability> {};

TEST_P(LedgerConcurrencyTest, EveryWriterCanProveItsOwnEntryAtItsOwnIndex) {
  constexpr int kWriters = 8;
  constexpr int kWrites = 200;
  ThreadedWorld world({.durability = GetParam(), .checkpoint_log_bytes = 64u << 10});
  world.CreateAndOpen();
  Mutex mutex;
  std::set<std::uint64_t> indexes;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < kWriters; w++) {
      writers.emplace_back([&, w] {
        TreeHead trusted;
        for (int i = 0; i < kWrites; i++) {
          const std::string key = "w" + std::to_string(w) + "-" + std::to_string(i % 20);
          const std::string value = std::to_string(i);
          const std::optional<LeafIndex> since =
              trusted.size.value == 0 ? std::nullopt
                                      : std::optional(LeafIndex{trusted.size.value - 1});
          const Result<CommitResult> done = world.ledger->Commit(BatchOf({{key, value}}));
          ASSERT_TRUE(done) << done.error().message;
          const TreeSize own_size{done->last.value + 1};
          const Result<EntryProof> proof = world.ledger->Prove(done->last, own_size, since);
          ASSERT_TRUE(proof);
          ASSERT_EQ(proof->inclusion.head.size, own_size);
          ASSERT_TRUE(VerifyEntry(done->last, AsBytes(key), AsBytes(value), *proof, trusted));
          trusted = proof->inclusion.head;
          const Result<Entry> entry = world.ledger->Get(AsBytes(key));
          ASSERT_TRUE(entry);
          ASSERT_EQ(AsString(entry->value), value);
          MutexLock lock(mutex);
          indexes.insert(done->last.value);
        }
      });
    }
    writers.emplace_back([&] {
      for (int i = 0; i < 10; i++) ASSERT_TRUE(world.ledger->Checkpoint());
    });
  }
  EXPECT_EQ(indexes.size(), static_cast<std::size_t>(kWriters * kWrites));
  EXPECT_EQ(*indexes.rbegin() + 1, indexes.size());
  const TreeHead before = *world.ledger->Head();
  ASSERT_TRUE(world.ledger->Close());
  world.ledger.reset();
  world.Open();
  EXPECT_EQ(*world.ledger->Head(), before);
}

TEST_P(LedgerConcurrencyTest, AsynchronousBatchesAreAllAnsweredAndNoneIsSplit) {
  constexpr std::uint64_t kBatches = 2'000;
  ThreadedWorld world({.durability = GetParam()});
  world.CreateAndOpen();
  std::atomic<std::uint64_t> answered = 0;
  std::atomic<std::uint64_t> entries = 0;
  for (std::uint64_t i = 0; i < kBatches; i++) {
    WriteBatch batch;
    const std::uint64_t count = 1 + i % 5;
    for (std::uint64_t k = 0; k < count; k++) {
      batch.Set(AsBytes(std::to_string(i) + "." + std::to_string(k)), AsBytes("v"));
    }
    world.ledger->Submit(std::move(batch), [&, count](Result<CommitResult> result) {
      EXPECT_TRUE(result);
      EXPECT_EQ(result->last.value - result->first.value + 1, count);
      entries += count;
      answered++;
      answered.notify_all();
    });
  }
  for (std::uint64_t now = answered; now < kBatches; now = answered) answered.wait(now);
  EXPECT_EQ(world.ledger->Head()->size.value, entries.load());
}

TEST_P(LedgerConcurrencyTest, ClosingAnswersWhatWasSubmitted) {
  ThreadedWorld world({.durability = GetParam()});
  world.CreateAndOpen();
  std::atomic<int> acknowledged = 0;
  std::atomic<int> refused = 0;
  {
    std::jthread writer([&] {
      for (int i = 0; i < 500; i++) {
        world.ledger->Submit(BatchOf({{"k", "v"}}), [&](const Result<CommitResult>& result) {
          (result ? acknowledged : refused)++;
        });
      }
    });
    EXPECT_TRUE(world.ledger->Close());
  }
  EXPECT_EQ(acknowledged + refused, 500);
  world.ledger.reset();
  world.Open();
  EXPECT_EQ(world.ledger->Head()->size.value, static_cast<std::uint64_t>(acknowledged.load()));
}

TEST_P(LedgerConcurrencyTest, ABlockingCallerWaitsForRoomWhereAnAsynchronousOneIsRefused) {
  ThreadedWorld world({.durability = GetParam(), .submit_queue_bytes = 4096});
  world.CreateAndOpen();
  const std::string value(3000, 'v');
  std::atomic<int> answered = 0;
  int submitted = 0;
  int refused = 0;
  {
    std::vector<std::jthread> writers;
    for (int w = 0; w < 4; w++) {
      writers.emplace_back([&] {
        for (int i = 0; i < 50; i++) ASSERT_TRUE(world.ledger->Commit(BatchOf({{"k", value}})));
      });
    }
    for (int i = 0; i < 200; i++) {
      world.ledger->Submit(BatchOf({{"a", value}}), [&](const Result<CommitResult>& result) {
        if (!result) refused++;
        answered++;
      });
      submitted++;
    }
  }
  ASSERT_TRUE(world.ledger->Close());
  EXPECT_EQ(answered, submitted);
  EXPECT_EQ(world.ledger->statistics().entries, 200u + static_cast<unsigned>(submitted - refused));
}

INSTANTIATE_TEST_SUITE_P(BothModes, LedgerConcurrencyTest,
                         ::testing::Values(Durability::kDurable, Durability::kWritten));

}  // namespace
}  // namespace immudb::ledger
