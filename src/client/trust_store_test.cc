#include "client/trust_store.h"

#include <gtest/gtest.h>

#include "io/memory_file_system.h"

namespace immudb::client {
namespace {

const TrustSubject kSubject{"server", "db"};

TrustRecord RecordOf(std::uint64_t size) {
  TrustRecord record;
  record.subject = kSubject;
  record.head.size.value = size;
  record.head.root[0] = static_cast<std::uint8_t>(size);
  record.since_unix_s = static_cast<std::int64_t>(size);
  return record;
}

std::string StatePath() {
  return "/state/" + TrustFileName(kSubject) + ".state";
}

TEST(TrustStoreTest, NothingIsKeptAtFirstAndWhatIsKeptIsThereAfterwards) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  const auto nothing = store.Load(kSubject);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->has_value());
  const auto kept = store.Advance(std::nullopt, RecordOf(3));
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(*kept, RecordOf(3).head);
  EXPECT_EQ(**store.Load(kSubject), RecordOf(3));
}

TEST(TrustStoreTest, AnAdvanceKeepsOriginAndTimeOfTheFirstContact) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(3)));
  TrustRecord next = RecordOf(5);
  next.origin = TrustOrigin::kGiven;
  ASSERT_TRUE(store.Advance(RecordOf(3).head, next));
  const auto kept = store.Load(kSubject);
  EXPECT_EQ((*kept)->head, next.head);
  EXPECT_EQ((*kept)->origin, TrustOrigin::kFirstUse);
  EXPECT_EQ((*kept)->since_unix_s, 3);
}

TEST(TrustStoreTest, AnAdvanceFromAnotherHeadChangesNothingAndTellsWhatIsKept) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(7)));
  EXPECT_EQ(*store.Advance(std::nullopt, RecordOf(9)), RecordOf(7).head);
  EXPECT_EQ(*store.Advance(RecordOf(3).head, RecordOf(5)), RecordOf(7).head);
  EXPECT_EQ((*store.Load(kSubject))->head, RecordOf(7).head);
}

TEST(TrustStoreTest, TheDatabasesOfAServerHaveFilesOfTheirOwn) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  TrustRecord other = RecordOf(4);
  other.subject.database = "testdb";
  ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(3)));
  ASSERT_TRUE(store.Advance(std::nullopt, other));
  EXPECT_EQ((*store.Load(kSubject))->head, RecordOf(3).head);
  EXPECT_EQ((*store.Load(other.subject))->head, other.head);
}

TEST(TrustStoreTest, ADamagedFileIsAnErrorAndStaysAsItIs) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(3)));
  for (const std::string_view content : {"", "garbage"}) {
    ASSERT_TRUE(io::ReplaceFile(files, StatePath(), AsBytes(content)));
    const auto loaded = store.Load(kSubject);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, Code::kCorrupted);
    EXPECT_NE(loaded.error().message.find(StatePath()), std::string::npos);
    const auto advanced = store.Advance(RecordOf(3).head, RecordOf(5));
    ASSERT_FALSE(advanced);
    EXPECT_EQ(advanced.error().code, Code::kCorrupted);
    const auto bytes = io::ReadFile(files, StatePath(), 1000);
    EXPECT_EQ(std::string(bytes->begin(), bytes->end()), content);
  }
}

TEST(TrustStoreTest, WhileSomebodyElseHoldsTheLockAnAdvanceIsToBeTriedAgain) {
  io::MemoryFileSystem files;
  TrustStore store(files, "/state");
  ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(3)));
  auto lock = files.Lock("/state/" + TrustFileName(kSubject) + ".lock");
  ASSERT_TRUE(lock);
  const auto refused = store.Advance(RecordOf(3).head, RecordOf(5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnavailable);
  lock->reset();
  EXPECT_TRUE(store.Advance(RecordOf(3).head, RecordOf(5)));
}

TEST(TrustStoreTest, AfterAFaultAndAPowerLossAtEveryOperationTheOldOrTheNewStateIsThere) {
  for (std::uint64_t operation = 0;; ++operation) {
    io::MemoryFileSystem files(operation + 1);
    TrustStore store(files, "/state");
    ASSERT_TRUE(store.Advance(std::nullopt, RecordOf(3)));
    const std::uint64_t before = files.operations();
    files.FailAt(before + operation, io::Fault::kPowerLoss);
    const auto advanced = store.Advance(RecordOf(3).head, RecordOf(5));
    const bool is_past_the_end = files.operations() <= before + operation;
    files.Crash(io::CrashPolicy::kRandom, operation);
    const auto kept = store.Load(kSubject);
    ASSERT_TRUE(kept) << kept.error().message;
    ASSERT_TRUE(kept->has_value());
    const TreeHead& head = (*kept)->head;
    EXPECT_TRUE(head == RecordOf(5).head || (!advanced && head == RecordOf(3).head)) << operation;
    EXPECT_TRUE(store.Advance(head, RecordOf(9))) << "the next writer is not hindered";
    if (is_past_the_end) break;
  }
}

}  // namespace
}  // namespace immudb::client
