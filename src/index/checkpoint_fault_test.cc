// Checkpoints of the index that fail or are cut off at any file call.

#include <gtest/gtest.h>

#include "index/test_support.h"

namespace immudb::index {
namespace {

constexpr std::uint64_t kKeys = 150;

std::string KeyOf(std::uint64_t index) {
  return "key " + std::to_string(index * 7 % kKeys);
}

// A ledger with two runs that could merge, and more in memory.
class Ledger {
 public:
  Ledger() : index(files) {
    EXPECT_TRUE(files.CreateDirectory("index"));
    EXPECT_TRUE(files.SyncDirectory("."));
    EXPECT_TRUE(index.Open());
    for (int run = 0; run < 3; run++) {
      Add(200);
      EXPECT_TRUE(index.Checkpoint());
    }
    Add(200);
  }

  void Add(std::uint64_t count) {
    for (std::uint64_t i = 0; i < count; i++, size++) {
      index.Add(KeyOf(size), static_cast<std::uint8_t>(size % 5));
    }
  }

  void ExpectRightAnswers() {
    for (std::uint64_t i = size - kKeys; i < size; i++) {
      const auto found = index->Find(AsBytes(KeyOf(i)), TreeSize{size});
      ASSERT_TRUE(found) << found.error().message;
      ASSERT_EQ(*found, (Version{LeafIndex{i}, static_cast<std::uint8_t>(i % 5)}));
    }
    ScanCursor cursor = index->Scan(TreeSize{size});
    std::uint64_t rows = 0;
    ASSERT_TRUE(cursor.SeekToFirst());
    for (; cursor.valid(); rows++) ASSERT_TRUE(cursor.Next());
    ASSERT_EQ(rows, kKeys);
  }

  io::MemoryFileSystem files;
  TestIndex index;
  std::uint64_t size = 0;
};

enum class Work : std::uint8_t { kCheckpoint, kMerge };

Status Do(Ledger& ledger, Work work) {
  return work == Work::kCheckpoint ? ledger.index.Checkpoint() : ledger.index.MergeRuns();
}

// Fails the work at each of its file calls; returns how many there were.
std::uint64_t FailEverywhere(Work work, io::Fault fault, io::FaultRepeat repeat) {
  for (std::uint64_t n = 0;; n++) {
    SCOPED_TRACE(testing::Message() << "call " << n);
    Ledger ledger;
    const std::uint64_t begin = ledger.files.operations();
    ledger.files.FailAt(begin + n, fault, repeat);
    const Status status = Do(ledger, work);
    if (ledger.files.operations() <= begin + n) return n;
    // Short writes do not happen to calls that write nothing.
    if (status && fault == io::Fault::kIoError) ADD_FAILURE() << "the fault went unnoticed";
    ledger.files.ClearFaults();
    ledger.ExpectRightAnswers();
    if (testing::Test::HasFatalFailure()) return n;
    EXPECT_TRUE(Do(ledger, work));
    ledger.ExpectRightAnswers();
    ledger.files.Crash(io::CrashPolicy::kDropAll);
    const Status reopened = ledger.index.Reopen();
    EXPECT_TRUE(reopened) << "after a power loss";
    if (!reopened) return n;
    ledger.ExpectRightAnswers();
    if (testing::Test::HasFailure()) return n;
  }
}

TEST(CheckpointFaultTest, AFaultAtAnyCallLeavesTheOldStateWorking) {
  using io::Fault;
  using io::FaultRepeat;
  std::uint64_t calls = 0;
  for (const Work work : {Work::kCheckpoint, Work::kMerge}) {
    for (const Fault fault : {Fault::kIoError, Fault::kShortWrite}) {
      for (const FaultRepeat repeat : {FaultRepeat::kOnce, FaultRepeat::kSticky}) {
        calls += FailEverywhere(work, fault, repeat);
        if (HasFailure()) return;
      }
    }
  }
  RecordProperty("faults", static_cast<int>(calls));
  EXPECT_GT(calls, 50u);
}

TEST(CheckpointFaultTest, APowerLossAtAnyCallLeavesTheOldManifestUsable) {
  const TestSeed seed;
  for (const Work work : {Work::kCheckpoint, Work::kMerge}) {
    bool lost = true;
    for (std::uint64_t n = 0; lost && !HasFailure(); n++) {
      SCOPED_TRACE(testing::Message() << "call " << n);
      Ledger ledger;
      const std::uint64_t begin = ledger.files.operations();
      ledger.files.FailAt(begin + n, io::Fault::kPowerLoss);
      static_cast<void>(Do(ledger, work));
      lost = ledger.files.operations() > begin + n;
      ledger.files.Crash(io::CrashPolicy::kRandom, seed.value() + n);
      ASSERT_TRUE(ledger.index.Reopen());
      ledger.ExpectRightAnswers();
    }
  }
}

TEST(CheckpointFaultTest, AFullDiskLeavesReadsWorkingAndPassesOnceThereIsSpace) {
  Ledger ledger;
  ledger.files.SetCapacityBytes(ledger.files.used_bytes() + 5000);
  const Status full = ledger.index.Checkpoint();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, Code::kExhausted);
  ledger.ExpectRightAnswers();
  ledger.files.SetCapacityBytes(std::nullopt);
  EXPECT_TRUE(ledger.index.Checkpoint());
  EXPECT_EQ(ledger.index->memory_bytes(), 0u);
  ledger.ExpectRightAnswers();
}

TEST(CheckpointFaultTest, AWrittenRunSurvivesAPowerLossWithItsName) {
  Ledger ledger;
  ASSERT_TRUE(ledger.index.Checkpoint());
  ledger.files.Crash(io::CrashPolicy::kDropAll);
  ASSERT_TRUE(ledger.index.Reopen());
  EXPECT_EQ(ledger.index->covered(), TreeSize{ledger.size});
  ledger.ExpectRightAnswers();
}

TEST(CheckpointFaultTest, AManifestThatFailedChangesNothing) {
  Ledger ledger;
  ledger.index->Freeze(TreeSize{ledger.size});
  ASSERT_TRUE(ledger.index->WriteFrozen());  // And no Install.
  ledger.Add(100);
  ledger.index->Freeze(TreeSize{ledger.size});
  ledger.ExpectRightAnswers();
  ASSERT_TRUE(ledger.index.Checkpoint());
  ledger.ExpectRightAnswers();
  EXPECT_EQ(ledger.files.AllFiles("index").size(), 5u);  // One of them a leftover.
  ASSERT_TRUE(ledger.index.Reopen());
  EXPECT_EQ(ledger.files.AllFiles("index").size(), 4u);
  ledger.ExpectRightAnswers();
}

TEST(CheckpointFaultTest, ReplacedRunsGoWhenTheirLastReaderDoes) {
  Ledger ledger;
  {
    ScanCursor cursor = ledger.index->Scan(TreeSize{ledger.size});
    ASSERT_TRUE(cursor.SeekToFirst());
    ASSERT_TRUE(ledger.index.MergeRuns());
    EXPECT_EQ(ledger.index->runs().size(), 1u);
    EXPECT_EQ(ledger.files.AllFiles("index").size(), 4u);
    std::uint64_t rows = 0;
    for (; cursor.valid(); rows++) ASSERT_TRUE(cursor.Next());
    EXPECT_EQ(rows, kKeys);
  }
  ASSERT_TRUE(ledger.index->Install());
  EXPECT_EQ(ledger.files.AllFiles("index").size(), 1u);
  ledger.ExpectRightAnswers();
}

}  // namespace
}  // namespace immudb::index
