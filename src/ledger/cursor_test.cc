// How cursors read: in pieces, many entries at a time, and around damage.

#include "immudb/cursor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "ledger/ledger_impl.h"
#include "ledger/test_reads.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

constexpr char kSegment[] = "ledger/log/00000000.seg";

Bytes B(const std::string& text) {
  return {text.begin(), text.end()};
}

std::string Number(std::uint64_t number) {
  return std::to_string(100'000 + number);
}

class CursorTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  // Keys in order, with values of `value_bytes`.
  void SetMany(std::uint64_t first, std::uint64_t count, std::size_t value_bytes = 20) {
    WriteBatch batch;
    for (std::uint64_t i = first; i < first + count; i++) {
      batch.Set(AsBytes("key" + Number(i)), Bytes(value_bytes, static_cast<std::uint8_t>(i)));
    }
    ASSERT_TRUE(world_.Commit(std::move(batch)));
  }

  // Calls of the file system while `work` runs.
  template <typename Work>
  std::uint64_t FileCalls(const Work& work) {
    const std::uint64_t before = world_.files.operations();
    work();
    return world_.files.operations() - before;
  }

  Ledger& ledger() { return *world_.ledger; }

  SteppedWorld world_{{.log_segment_bytes = 256u << 10}};
};

TEST_F(CursorTest, APieceEndsAtTheLimitOfRowsOrBytes) {
  SetMany(0, 50, 100);
  auto scan = ledger().Scan({}).value();
  std::vector<Entry> items;
  EXPECT_TRUE(scan->Read({.rows = 7}, items).value());
  EXPECT_EQ(items.size(), 7u);
  // Each has 109 bytes: the third reaches the limit.
  EXPECT_TRUE(scan->Read({.rows = 100, .bytes = 300}, items).value());
  EXPECT_EQ(items.size(), 10u);
  EXPECT_FALSE(scan->Read({.rows = 100}, items).value());
  EXPECT_EQ(items.size(), 50u);
  EXPECT_FALSE(scan->Read({.rows = 100}, items).value());
  EXPECT_EQ(items.size(), 50u);
}

TEST_F(CursorTest, RowsThatGiveNoItemCountToo) {
  SetMany(0, 1);
  for (int i = 0; i < 20; i++) {
    const auto batch =
        ledger().BindReference(AsBytes("r" + std::to_string(i)), {.key = B("key" + Number(0))});
    ASSERT_TRUE(world_.Commit(*batch));
  }
  auto scan = ledger().Scan({.prefix = B("r")}).value();
  std::vector<Entry> items;
  EXPECT_TRUE(scan->Read({.rows = 19}, items).value());
  EXPECT_FALSE(scan->Read({.rows = 2}, items).value());
  EXPECT_TRUE(items.empty());
}

TEST_F(CursorTest, EntriesSideBySideAreReadTogetherInBothDirections) {
  for (std::uint64_t i = 0; i < 10'000; i += 500) SetMany(i, 500, 100);
  ASSERT_TRUE(ledger().Checkpoint());
  std::vector<Entry> forward;
  std::vector<Entry> backward;
  EXPECT_LT(FileCalls([&] { forward = ReadAll(ledger().Scan({}), {.rows = 1000}).value(); }), 300u);
  EXPECT_LT(FileCalls([&] {
              backward =
                  ReadAll(ledger().Scan({.order = ScanOrder::kReverse}), {.rows = 1000}).value();
            }),
            300u);
  ASSERT_EQ(forward.size(), 10'000u);
  std::ranges::reverse(backward);
  ASSERT_EQ(backward.size(), forward.size());
  for (std::size_t i = 0; i < forward.size(); i++) {
    ASSERT_EQ(forward[i].index.value, i);
    ASSERT_EQ(forward[i].value, Bytes(100, static_cast<std::uint8_t>(i)));
    ASSERT_EQ(backward[i].value, forward[i].value);
  }
  EXPECT_LT(FileCalls([&] {
              EXPECT_EQ(ReadAll(ledger().EntriesFrom({0}), {.rows = 1000})->size(), 10'000u);
            }),
            300u);
  EXPECT_LT(FileCalls([&] {
              const KeyRange keys{.prefix = {}, .with_values = false};
              EXPECT_EQ(ReadAll(ledger().Scan(keys), {.rows = 1000})->size(), 10'000u);
            }),
            150u);
}

TEST_F(CursorTest, ValuesOfAnySizeAreReadInAnyOrder) {
  // Smaller and larger than what is read at once, over several segments.
  std::mt19937_64 random(TestSeed(3));
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 200; i++) {
    sizes.push_back(random() % 8 == 0 ? random() % 300'000 : random() % 5'000);
    SetMany(sizes.size() - 1, 1, sizes.back());
  }
  const auto& impl = dynamic_cast<const LedgerImpl&>(ledger());
  EntryWindow window(impl.reader());
  std::uint64_t at = 0;
  for (int i = 0; i < 2'000; i++) {
    const std::uint64_t choice = random() % 10;
    if (choice < 4) at = (at + 1) % sizes.size();
    if (choice >= 4 && choice < 8) at = (at + sizes.size() - 1) % sizes.size();
    if (choice >= 8) at = random() % sizes.size();
    const auto entry = window.Read({at});
    ASSERT_TRUE(entry) << entry.error().message;
    ASSERT_EQ(entry->value.size(), sizes[at]);
    ASSERT_TRUE(std::ranges::equal(entry->key, B("key" + Number(at))));
  }
}

TEST_F(CursorTest, CountingAgainLooksOnlyAtWhatWasAdded) {
  SetMany(0, 2'000);
  EXPECT_EQ(*ReadCount(ledger().CountKeys(), {.rows = 100}), 2'000u);
  const auto count_in_one_piece = [&](std::uint64_t rows) {
    std::vector<std::uint64_t> items;
    EXPECT_FALSE(ledger().CountKeys().value()->Read({.rows = rows}, items).value());
    return items.at(0);
  };
  EXPECT_EQ(count_in_one_piece(1), 2'000u);
  SetMany(1'990, 20);  // Ten of them new.
  EXPECT_EQ(count_in_one_piece(21), 2'010u);
  EXPECT_EQ(count_in_one_piece(1), 2'010u);
  // A key that comes twice in what was added is one key.
  ASSERT_TRUE(world_.Set("twice", "1"));
  ASSERT_TRUE(world_.Set("twice", "2"));
  EXPECT_EQ(count_in_one_piece(3), 2'011u);
  // Much more than before: by merging.
  SetMany(5'000, 3'000);
  EXPECT_EQ(*ReadCount(ledger().CountKeys(), {.rows = 100}), 5'011u);
}

TEST_F(CursorTest, PlainKeysAmongThoseOfASetAreNoMembers) {
  SetMany(0, 1);
  const Target target{.key = B("key" + Number(0))};
  ASSERT_TRUE(world_.Commit(*ledger().BindSortedSetEntry(AsBytes("set"), 1, target)));
  const std::string prefix = AsString(proof::EncodeSetPrefix(AsBytes("set")));
  for (const std::string rest : {"", "short", "long enough to hold a score and a target"}) {
    ASSERT_TRUE(world_.Set(prefix + rest, "plain"));
    ASSERT_TRUE(world_.Commit(*ledger().BindReference(AsBytes(prefix + rest + "r"), target)));
  }
  for (const std::optional<double> bound : {std::optional<double>(), std::optional(1.0)}) {
    const auto members =
        ReadAll(ledger().ScanSortedSet({.set = B("set"), .min_score = bound, .max_score = bound}));
    ASSERT_TRUE(members) << members.error().message;
    EXPECT_EQ(members->size(), 1u);
  }
}

TEST_F(CursorTest, AScoreRangeDoesNotLookAtWhatLiesOutside) {
  SetMany(0, 1);
  for (int i = 0; i < 1'000; i++) {
    const Target target{.key = {}, .index = LeafIndex{0}};
    ASSERT_TRUE(world_.Commit(*ledger().BindSortedSetEntry(AsBytes("set"), i - 500.0, target)));
  }
  for (const ScanOrder order : {ScanOrder::kForward, ScanOrder::kReverse}) {
    auto scan =
        ledger().ScanSortedSet({.set = B("set"), .order = order, .min_score = -3, .max_score = 3});
    std::vector<SortedSetItem> items;
    // Where the walk begins is the original's: backwards at 3, forwards at -3.
    EXPECT_FALSE((*scan)->Read({.rows = 12}, items).value());
    const std::vector<double> expected =
        order == ScanOrder::kForward ? std::vector<double>{-3} : std::vector<double>{3, 2, 1, 0};
    std::vector<double> scores;
    for (const SortedSetItem& item : items) scores.push_back(item.score);
    EXPECT_EQ(scores, expected);
  }
  auto all = ledger().ScanSortedSet({.set = B("set"), .max_score = 2});
  std::vector<SortedSetItem> items;
  EXPECT_FALSE((*all)->Read({.rows = 510}, items).value());
  EXPECT_EQ(items.size(), 3u + 500u);
}

TEST_F(CursorTest, AScanOverADamagedValueFailsAndOthersGoOn) {
  SetMany(0, 10);
  ASSERT_TRUE(world_.Set("subject", "value"));
  ASSERT_TRUE(world_.Set("tail", "value"));
  const Bytes content = *world_.files.ReadAll(kSegment);
  const std::size_t at = std::string(content.begin(), content.end()).find("subjectvalue");
  ASSERT_TRUE(world_.files.Corrupt(kSegment, at + 8, 1));
  EXPECT_EQ(ReadAll(ledger().Scan({.prefix = B("s")})).error().code, Code::kCorrupted);
  EXPECT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(ReadAll(ledger().EntriesFrom({0})).error().code, Code::kCorrupted);
  EXPECT_EQ(ReadAll(ledger().Scan({.prefix = B("key")}))->size(), 10u);
  EXPECT_EQ(ReadAll(ledger().EntriesFrom({11}))->size(), 1u);
  EXPECT_EQ(ReadAll(ledger().Scan({.with_values = false}))->size(), 12u);
  EXPECT_EQ(ledger().BindReference(AsBytes("r"), {.key = B("tail")}).error().code,
            Code::kCorrupted);
}

TEST_F(CursorTest, WhereKeysMayBeLostNoAnswerAboutManyIsGiven) {
  SetMany(0, 10);
  ASSERT_TRUE(world_.Set("subject", "value"));
  ASSERT_TRUE(world_.Set("tail", "value"));
  world_.Kill();
  const Bytes content = *world_.files.ReadAll(kSegment);
  const std::size_t at = std::string(content.begin(), content.end()).find("subjectvalue");
  ASSERT_TRUE(world_.files.Corrupt(kSegment, at + 2, 1));  // In the key.
  ASSERT_TRUE(world_.Open());
  ASSERT_TRUE(ledger().statistics().damaged);
  EXPECT_EQ(ledger().Scan({}).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().ScanSortedSet({.set = B("s")}).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().History({.key = B("subject")}).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().AllVersions().error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().CountVersions(AsBytes("subject")).error().code, Code::kCorrupted);
  EXPECT_EQ(ledger().CountKeys().error().code, Code::kCorrupted);
  EXPECT_EQ(ReadAll(ledger().EntriesFrom({11}))->size(), 1u);
}

}  // namespace
}  // namespace immudb::ledger
