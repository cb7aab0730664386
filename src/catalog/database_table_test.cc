#include "catalog/database_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/error.h"
#include "catalog/testing/fake_engine.h"
#include "io/memory_file_system.h"

namespace immudb::catalog {
namespace {

class DatabaseTableTest : public testing::Test {
 protected:
  void Add(DatabaseTable& table, const std::string& name) {
    ASSERT_TRUE(engine_.CreateLedger("/" + name, "origin/" + name));
    table.Add(name, "/" + name, "origin/" + name);
  }
  std::vector<std::string> OpenNames(const DatabaseTable& table) {
    std::vector<std::string> names;
    for (const DatabaseState& state : table.States()) {
      if (state.is_open) names.push_back(state.name);
    }
    return names;
  }

  io::MemoryFileSystem files_;
  FakeEngine engine_{files_};
};

TEST_F(DatabaseTableTest, ADatabaseIsOpenedByItsFirstUseAndNotBefore) {
  DatabaseTable table(engine_, 8);
  Add(table, "a");
  Add(table, "b");
  EXPECT_TRUE(table.Contains("a"));
  EXPECT_FALSE(table.Contains("c"));
  EXPECT_EQ(table.FindOpen("a"), nullptr);
  const auto opened = table.Open("a");
  ASSERT_TRUE(opened);
  EXPECT_EQ((*opened)->origin(), "origin/a");
  EXPECT_EQ(table.FindOpen("a"), *opened);
  EXPECT_EQ(OpenNames(table), std::vector<std::string>{"a"});
  EXPECT_EQ(table.Names(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(table.Open("c").error().code, Code::kNotFound);
}

TEST_F(DatabaseTableTest, ThoseUnusedForLongestAreClosedAndComeBackWithTheirData) {
  DatabaseTable table(engine_, 2);
  for (const char* name : {"a", "b", "c"}) Add(table, name);
  WriteBatch batch;
  batch.Set(AsBytes("k"), AsBytes("v"));
  ASSERT_TRUE(table.Open("a").value()->Commit(std::move(batch)));
  ASSERT_TRUE(table.Open("b"));
  ASSERT_NE(table.FindOpen("a"), nullptr);  // Used later than b.
  ASSERT_TRUE(table.Open("c"));
  EXPECT_EQ(OpenNames(table), (std::vector<std::string>{"a", "c"}));
  ASSERT_TRUE(table.Open("b"));
  EXPECT_EQ(OpenNames(table), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(table.States()[0].statistics.entries, 1u);  // As of its closing.
  EXPECT_TRUE(table.Open("a").value()->Get(AsBytes("k")));
}

TEST_F(DatabaseTableTest, ADatabaseInUseIsNotClosed) {
  DatabaseTable table(engine_, 1);
  for (const char* name : {"a", "b", "c"}) Add(table, name);
  LedgerHandle a = table.Open("a").value();
  LedgerHandle b = table.Open("b").value();
  EXPECT_EQ(OpenNames(table), (std::vector<std::string>{"a", "b"}));
  a.reset();
  LedgerHandle c = table.Open("c").value();
  EXPECT_EQ(OpenNames(table), (std::vector<std::string>{"b", "c"}));
}

TEST_F(DatabaseTableTest, AnotherLedgerOrNoneInTheFolderIsDamageOfThatDatabaseOnly) {
  DatabaseTable table(engine_, 8);
  Add(table, "a");
  ASSERT_TRUE(engine_.CreateLedger("/other", "origin/other"));
  table.Add("b", "/other", "origin/b");
  table.Add("c", "/nowhere", "origin/c");
  EXPECT_EQ(table.Open("b").error().code, Code::kCorrupted);
  EXPECT_EQ(table.Open("c").error().code, Code::kCorrupted);
  EXPECT_TRUE(table.States()[1].failed);
  EXPECT_TRUE(table.Open("a"));
  EXPECT_FALSE(table.States()[0].failed);
}

TEST_F(DatabaseTableTest, NothingIsOpenedAfterTheEnd) {
  DatabaseTable table(engine_, 8);
  Add(table, "a");
  Add(table, "b");
  ASSERT_TRUE(table.Open("a"));
  EXPECT_TRUE(table.CloseAll());
  EXPECT_TRUE(table.CloseAll());
  EXPECT_EQ(table.Open("b").error().code, Code::kClosed);
}

TEST_F(DatabaseTableTest, ManyThreadsShareOneLedgerOfEachDatabase) {
  DatabaseTable table(engine_, 2);
  for (const char* name : {"a", "b", "c", "d", "e"}) Add(table, name);
  std::atomic<int> failures = 0;
  std::vector<std::jthread> threads;
  for (std::uint32_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&table, &failures, seed] {
      for (std::uint32_t i = 0; i < 200; ++i) {
        const std::string name(1, static_cast<char>('a' + (i * (seed + 1) + seed) % 5));
        const auto ledger = table.Open(name);
        if (!ledger || (*ledger)->origin() != "origin/" + name) ++failures;
        const LedgerHandle found = table.FindOpen(name);
        if (found != *ledger) ++failures;  // It is held, so it stays open.
      }
    });
  }
  threads.clear();
  EXPECT_EQ(failures, 0);
  EXPECT_LE(OpenNames(table).size(), 5u);
}

}  // namespace
}  // namespace immudb::catalog
