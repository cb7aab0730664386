#include "index/key_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "index/test_support.h"

namespace immudb::index {
namespace {

using Row = std::pair<std::string_view, Version>;

std::string Describe(const Error& error) {
  return error.message;
}

void ExpectSameFinds(KeyIndex& index, const Oracle& oracle, const std::vector<std::string>& keys,
                     std::uint64_t size) {
  for (const std::string& key : keys) {
    const auto found = index.Find(AsBytes(key), TreeSize{size});
    ASSERT_TRUE(found) << Describe(found.error());
    EXPECT_EQ(*found, oracle.Find(key, size)) << "key of " << key.size() << " bytes";
  }
}

std::vector<Version> Collect(VersionCursor cursor) {
  std::vector<Version> result;
  for (;;) {
    const auto version = cursor.Next();
    if (!version) ADD_FAILURE() << Describe(version.error());
    if (!version || !*version) return result;
    result.push_back(**version);
  }
}

void ExpectSameVersions(KeyIndex& index, const Oracle& oracle, const std::string& key,
                        std::uint64_t size, std::uint64_t from) {
  std::vector<Version> newest_first;
  std::vector<Version> oldest_first;
  for (const Version& version : oracle.Versions(key, size)) {
    if (version.index.value <= from) newest_first.push_back(version);
    if (version.index.value >= from) oldest_first.insert(oldest_first.begin(), version);
  }
  EXPECT_EQ(Collect(index.Versions(AsBytes(key), LeafIndex{from}, VersionOrder::kNewestFirst,
                                   TreeSize{size})),
            newest_first);
  EXPECT_EQ(Collect(index.Versions(AsBytes(key), LeafIndex{from}, VersionOrder::kOldestFirst,
                                   TreeSize{size})),
            oldest_first);
}

void ExpectRow(const ScanCursor& cursor, const std::vector<Row>& rows, std::size_t at) {
  ASSERT_EQ(cursor.valid(), at < rows.size());
  if (!cursor.valid()) return;
  ASSERT_EQ(AsText(cursor.key()), rows[at].first);
  ASSERT_EQ(cursor.version(), rows[at].second);
}

void ExpectSameScan(KeyIndex& index, const std::vector<Row>& rows, std::uint64_t size) {
  ScanCursor cursor = index.Scan(TreeSize{size});
  ASSERT_TRUE(cursor.SeekToFirst());
  for (std::size_t i = 0; i < rows.size(); i++) {
    ASSERT_NO_FATAL_FAILURE(ExpectRow(cursor, rows, i));
    ASSERT_TRUE(cursor.Next());
  }
  EXPECT_FALSE(cursor.valid());
  ASSERT_TRUE(cursor.SeekToLast());
  for (std::size_t i = rows.size(); i > 0; i--) {
    ASSERT_NO_FATAL_FAILURE(ExpectRow(cursor, rows, i - 1));
    ASSERT_TRUE(cursor.Prev());
  }
  EXPECT_FALSE(cursor.valid());
}

void ExpectSameAllVersions(KeyIndex& index, const Oracle& oracle, const std::vector<Row>& rows,
                           std::uint64_t size) {
  AllVersionsCursor cursor = index.AllVersions(TreeSize{size});
  ASSERT_TRUE(cursor.SeekToFirst());
  for (const auto& [key, newest] : rows) {
    for (const Version& version : oracle.Versions(std::string(key), size)) {
      ASSERT_TRUE(cursor.valid());
      ASSERT_EQ(AsText(cursor.key()), key);
      ASSERT_EQ(cursor.version(), version);
      ASSERT_TRUE(cursor.Next());
    }
  }
  EXPECT_FALSE(cursor.valid());
}

// Seeks to random keys and walks in both directions.
void ExpectSameWalk(KeyIndex& index, const std::vector<Row>& rows, std::uint64_t size,
                    KeyMaker& keys) {
  ScanCursor cursor = index.Scan(TreeSize{size});
  for (int i = 0; i < 30; i++) {
    const std::string key = keys.Next();
    const auto before = [](const Row& row, const std::string& k) {
      return CompareKeys(AsBytes(row.first), AsBytes(k)) < 0;
    };
    auto at = static_cast<std::size_t>(std::lower_bound(rows.begin(), rows.end(), key, before) -
                                       rows.begin());
    if (keys.Below(2) == 0) {
      ASSERT_TRUE(cursor.Seek(AsBytes(key)));
    } else {
      ASSERT_TRUE(cursor.SeekForPrev(AsBytes(key)));
      if (at == rows.size() || rows[at].first != key) at--;
    }
    for (int step = 0; step < 12; step++) {
      ASSERT_NO_FATAL_FAILURE(ExpectRow(cursor, rows, at));
      if (!cursor.valid()) break;
      if (keys.Below(2) == 0) {
        ASSERT_TRUE(cursor.Next());
        at++;
      } else {
        ASSERT_TRUE(cursor.Prev());
        at--;
      }
    }
  }
}

void ExpectSame(KeyIndex& index, const Oracle& oracle, KeyMaker& keys, std::uint64_t size) {
  const std::vector<Row> rows = oracle.Scan(size);
  std::vector<std::string> asked = {"busy", "", std::string(65'535, '\xff')};
  for (int i = 0; i < 40; i++) asked.push_back(keys.Next());
  ExpectSameFinds(index, oracle, asked, size);
  for (int i = 0; i < 5; i++) {
    ExpectSameVersions(index, oracle, asked[keys.Below(asked.size())], size,
                       keys.Below(oracle.size() + 2));
  }
  ExpectSameVersions(index, oracle, "busy", size, keys.Below(oracle.size() + 2));
  ExpectSameWalk(index, rows, size, keys);
  if (keys.Below(4) == 0) ExpectSameScan(index, rows, size);
  if (keys.Below(4) == 0) ExpectSameAllVersions(index, oracle, rows, size);
}

TEST(KeyIndexTest, AnswersLikeAMapAfterAnySequenceOfOperations) {
  const TestSeed seed;
  KeyMaker keys(seed.value());
  io::MemoryFileSystem files;
  TestIndex index(files, 64 * 1024);
  ASSERT_TRUE(index.Open());
  Oracle oracle;
  const int rounds = 60;
  for (int round = 0; round < rounds && !testing::Test::HasFailure(); round++) {
    SCOPED_TRACE(testing::Message() << "round " << round);
    const std::uint64_t adds = keys.Below(4) == 0 ? keys.Below(700) : keys.Below(60);
    const bool one_key = keys.Below(10) == 0;
    for (std::uint64_t i = 0; i < adds; i++) {
      const std::string key = one_key ? "busy" : keys.Next();
      const auto kind = static_cast<std::uint8_t>(keys.Below(3) == 0 ? 1 + keys.Below(255) : 1);
      index.Add(key, kind);
      oracle.Add(key, kind);
    }
    switch (keys.Below(8)) {
      case 0:
      case 1: ASSERT_TRUE(index.Checkpoint()); break;
      case 2: ASSERT_TRUE(index.MergeRuns()); break;
      case 3: ASSERT_TRUE(index.Reopen()); break;
      case 4: index->MergeMemory(); break;
      case 5: index->Freeze(TreeSize{oracle.size()}); break;
      default: break;
    }
    ExpectSame(*index, oracle, keys, oracle.size());
    ExpectSame(*index, oracle, keys, keys.Below(oracle.size() + 1));
  }
  ASSERT_TRUE(index.Reopen());
  ExpectSameScan(*index, oracle.Scan(oracle.size()), oracle.size());
  index.Close();
  EXPECT_EQ(index.budget().used_bytes(), 0u);
}

TEST(KeyIndexTest, RunsThatAreWrittenDuringAMergeAreKeptBehindIt) {
  io::MemoryFileSystem files;
  TestIndex index(files);
  ASSERT_TRUE(index.Open());
  std::uint64_t size = 0;
  const auto checkpoint = [&] {
    for (int i = 0; i < 500; i++, size++) index.Add("key " + std::to_string(size % 700), 1);
    return index.Checkpoint();
  };
  for (int i = 0; i < 3; i++) ASSERT_TRUE(checkpoint());
  auto merge = index->StartMerge();
  ASSERT_NE(merge, nullptr);
  const auto complete = merge->Step(1);
  ASSERT_TRUE(complete && !*complete);
  ASSERT_TRUE(checkpoint());
  ASSERT_TRUE(merge->Step(1u << 30).value());
  ASSERT_TRUE(checkpoint());
  const std::vector<RunInfo> runs = index->Adopt(std::move(merge));
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[0].to, LeafIndex{1500});
  EXPECT_EQ(runs[2].to, LeafIndex{2500});
  ASSERT_TRUE(index->Install());
  EXPECT_EQ(index->runs(), runs);
  for (std::uint64_t i = size - 700; i < size; i++) {
    EXPECT_EQ(index->Find(AsBytes("key " + std::to_string(i % 700)), {size})->value().index.value,
              i);
  }
  EXPECT_EQ(files.AllFiles("index").size(), 3u);
}

TEST(KeyIndexTest, AMergeThatIsDroppedLeavesNoFile) {
  io::MemoryFileSystem files;
  TestIndex index(files);
  ASSERT_TRUE(index.Open());
  for (int run = 0; run < 3; run++) {
    for (int i = 0; i < 500; i++) index.Add("key " + std::to_string(i), 1);
    ASSERT_TRUE(index.Checkpoint());
  }
  auto merge = index->StartMerge();
  ASSERT_TRUE(merge->Step(1));
  EXPECT_EQ(files.AllFiles("index").size(), 4u);
  merge.reset();
  EXPECT_EQ(files.AllFiles("index").size(), 3u);
}

TEST(KeyIndexTest, AMergeInMemoryMayGoOnWhileACheckpointIsWritten) {
  // What a merge in memory has begun with may be frozen, written and gone when it ends: see
  // KeyIndexThreadsTest for that; here, that layers which are not frozen are still merged.
  io::MemoryFileSystem files;
  TestIndex index(files);
  ASSERT_TRUE(index.Open());
  std::uint64_t size = 0;
  while (!index->NeedsMemoryMerge()) index.Add("key " + std::to_string(size++), 1);
  index->Freeze({size});
  const std::uint64_t frozen = size;
  index.Add("key " + std::to_string(size++), 1);
  while (!index->NeedsMemoryMerge()) index.Add("key " + std::to_string(size++), 1);
  const auto runs = index->WriteFrozen();
  ASSERT_TRUE(runs);
  index->MergeMemory();
  EXPECT_FALSE(index->NeedsMemoryMerge());
  ASSERT_TRUE(index->Install());
  EXPECT_EQ(index->covered().value, frozen);
  for (std::uint64_t i = 0; i < size; i += 97) {
    EXPECT_EQ(index->Find(AsBytes("key " + std::to_string(i)), {size})->value().index.value, i);
  }
}

}  // namespace
}  // namespace immudb::index
