// What readers see while others write: docs/consistency.md, promise by promise. Real threads; run
// under TSan as well.

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "immudb/cursor.h"
#include "ledger/test_reads.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

constexpr int kWriters = 3;
constexpr int kReaders = 2;
constexpr int kBatches = 150;

Bytes B(const std::string& text) {
  return {text.begin(), text.end()};
}

// Each batch of a writer sets two keys to its number, and adds a member that means the first.
std::vector<Operation> Batch(int writer, int number) {
  const std::string key = "w" + std::to_string(writer);
  const std::string value = std::to_string(number);
  return {SetOperation{.key = B(key + "-left"), .value = B(value)},
          SetOperation{.key = B(key + "-right"), .value = B(value)},
          SortedSetOperation{.set = B(key),
                             .score = static_cast<double>(number),
                             .target = {.key = B(key + "-left")}}};
}

class VisibilityTest : public ::testing::Test {
 protected:
  void SetUp() override { world_.CreateAndOpen(); }

  Ledger& ledger() { return *world_.ledger; }

  CommitResult Write(int writer, int number) {
    Result<WriteBatch> batch = ledger().BindOperations(Batch(writer, number));
    EXPECT_TRUE(batch) << batch.error().message;
    const Result<CommitResult> done = ledger().Commit(*std::move(batch));
    EXPECT_TRUE(done) << done.error().message;
    return *done;
  }

  // Both keys of every writer, by one scan: they must have one value.
  void ExpectWholeBatches() {
    const auto found = ReadAll(ledger().Scan({.prefix = B("w")}), {.rows = 1});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_EQ(found->size() % 2, 0u);
    for (std::size_t i = 0; i < found->size(); i += 2) {
      ASSERT_EQ(found->at(i).value, found->at(i + 1).value);
      ASSERT_EQ(found->at(i).index.value + 1, found->at(i + 1).index.value);
    }
  }

  // Members without gaps, each with the entry of its own batch.
  void ExpectWholeSet(int writer) {
    const auto found =
        ReadAll(ledger().ScanSortedSet({.set = B("w" + std::to_string(writer))}), {.rows = 2});
    ASSERT_TRUE(found) << found.error().message;
    for (std::size_t i = 0; i < found->size(); i++) {
      ASSERT_EQ(found->at(i).score, static_cast<double>(i));
      ASSERT_EQ(AsString(found->at(i).entry.value), std::to_string(i));
    }
  }

  // The log ends with a batch.
  void ExpectLogEndsWithABatch(std::uint64_t from) {
    const auto found = ReadAll(ledger().EntriesFrom({from}), {.rows = 2});
    ASSERT_TRUE(found) << found.error().message;
    ASSERT_TRUE(found->empty() || found->back().ends_batch);
    for (std::size_t i = 0; i < found->size(); i++) {
      ASSERT_EQ(found->at(i).entry.index.value, from + i);
    }
  }

  ThreadedWorld world_{{.checkpoint_log_bytes = 16u << 10}};
};

TEST_F(VisibilityTest, ReadersSeeWholeBatchesAndWritersWhatTheyWrote) {
  std::atomic<int> writing = kWriters;
  std::vector<std::jthread> threads;
  for (int w = 0; w < kWriters; w++) {
    threads.emplace_back([&, w] {
      for (int i = 0; i < kBatches; i++) {
        const CommitResult done = Write(w, i);
        const std::string key = "w" + std::to_string(w) + "-left";
        const auto versions = ReadAll(ledger().History({.key = B(key)}), {.rows = 1000});
        ASSERT_TRUE(versions);
        ASSERT_EQ(versions->size(), static_cast<std::size_t>(i) + 1);
        ASSERT_EQ(versions->front().index, done.first);
        const auto count = ReadCount(ledger().CountVersions(B(key)), {.rows = 1000});
        ASSERT_EQ(*count, versions->size());
        ASSERT_GT(ReadAll(ledger().EntriesFrom(done.first), {.rows = 1000})->size(), 2u);
      }
      writing--;
    });
  }
  for (int r = 0; r < kReaders; r++) {
    threads.emplace_back([&, r] {
      std::uint64_t keys = 0;
      while (writing > 0 && !HasFatalFailure()) {
        ExpectWholeBatches();
        ExpectWholeSet(r);
        const std::uint64_t size = ledger().statistics().entries;
        ExpectLogEndsWithABatch(size < 30 ? 0 : (size - 30) / 3 * 3);
        const auto counted = ReadCount(ledger().CountKeys(), {.rows = 1000});
        ASSERT_TRUE(counted);
        // Two keys of each writer, and a member of each batch.
        ASSERT_GE(*counted, keys);
        keys = *counted;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(*ReadCount(ledger().CountKeys(), {.rows = 1000}), kWriters * (2u + kBatches));
}

TEST_F(VisibilityTest, ACursorAnswersForTheSizeItWasOpenedAt) {
  for (int i = 0; i < 20; i++) Write(0, i);
  auto scan = ledger().Scan({.prefix = B("w")}).value();
  auto set = ledger().ScanSortedSet({.set = B("w0")}).value();
  auto history = ledger().History({.key = B("w0-left")}).value();
  auto entries = ledger().EntriesFrom({0}).value();
  auto all = ledger().AllVersions().value();
  auto keys = ledger().CountKeys().value();
  auto versions = ledger().CountVersions(B("w0-right")).value();
  std::vector<SortedSetItem> members;
  ASSERT_TRUE(set->Read({.rows = 5}, members).value());  // Begun before, or not.
  for (int i = 20; i < 60; i++) Write(0, i);
  ASSERT_TRUE(ledger().Checkpoint());
  Write(1, 0);
  ASSERT_TRUE(ledger().Checkpoint());

  const auto found = ReadAll<Entry>(std::move(scan));
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ(AsString(found->at(0).value), "19");
  while (set->Read({.rows = 5}, members).value()) {
  }
  EXPECT_EQ(members.size(), 20u);
  EXPECT_EQ(ReadAll<Entry>(std::move(history))->size(), 20u);
  EXPECT_EQ(ReadAll<LoggedEntry>(std::move(entries))->size(), 60u);
  EXPECT_EQ(ReadAll<StoredVersion>(std::move(all))->size(), 60u);
  EXPECT_EQ(*ReadCount(std::move(keys)), 22u);
  EXPECT_EQ(*ReadCount(std::move(versions)), 20u);
  EXPECT_EQ(*ReadCount(ledger().CountKeys()), 2u + 60u + 3u);
}

TEST_F(VisibilityTest, AReferenceWithoutIndexMeansTheNewestEntryOfTheSizeThatIsRead) {
  ASSERT_TRUE(ledger().Commit(BatchOf({{"key", "old"}})));
  ASSERT_TRUE(ledger().Commit(ledger().BindReference(AsBytes("name"), {.key = B("key")}).value()));
  auto before = ledger().Scan({.prefix = B("name"), .follow_references = true}).value();
  ASSERT_TRUE(ledger().Commit(BatchOf({{"key", "new"}})));
  EXPECT_EQ(AsString(ReadAll<Entry>(std::move(before))->at(0).value), "old");
  const auto after = ReadAll(ledger().Scan({.prefix = B("name"), .follow_references = true}));
  EXPECT_EQ(AsString(after->at(0).value), "new");
  EXPECT_EQ(AsString(ledger().GetReferenced(AsBytes("name"))->value), "new");
}

}  // namespace
}  // namespace immudb::ledger
