// Checkpoints and merges of runs, and what goes on beside them.

#include "ledger/checkpoint.h"

#include <gtest/gtest.h>

#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

class LedgerMergeTest : public ::testing::Test {
 protected:
  LedgerMergeTest()
      : world_({.checkpoint_log_bytes = 100u << 10, .merge_bytes_per_second = 64u << 10}) {}

  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  // Writes so much that a checkpoint is due.
  void SetMany() {
    WriteBatch batch;
    for (int i = 0; i < 5000; i++, size_++) {
      const std::string number = std::to_string(size_);
      batch.Set(AsBytes("key" + number), AsBytes("value" + number));
    }
    ASSERT_TRUE(world_.Commit(std::move(batch)));
  }

  std::size_t RunFiles() const { return world_.files.AllFiles("ledger/index").size(); }

  // Four runs, and a merge of them that has begun.
  void BeginMerge() {
    for (std::size_t runs = 1; runs <= 4; runs++) {
      SetMany();
      world_.Elapse();
      ASSERT_GE(RunFiles(), runs);
    }
    ASSERT_EQ(RunFiles(), 5u);
  }

  void ExpectAllThere() {
    for (std::uint64_t i = 0; i < size_; i += 617) {
      const std::string number = std::to_string(i);
      ASSERT_EQ(AsString(world_.ledger->Get(AsBytes("key" + number))->value), "value" + number);
    }
  }

  SteppedWorld world_;
  std::uint64_t size_ = 0;
};

TEST_F(LedgerMergeTest, RunsAreMergedInPiecesWithRestsAndWritesAndCheckpointsGoOn) {
  BeginMerge();
  // A piece is an eighth of a second's worth: 8 KiB. Each rest elapses, whatever the clock says.
  SetMany();
  world_.Elapse();
  EXPECT_EQ(RunFiles(), 6u) << "the checkpoint waited for the merge";
  std::size_t rests = 0;
  for (; RunFiles() > 2 && rests < 1000; rests++) {
    world_.Elapse();
    ASSERT_TRUE(world_.Set("between", std::to_string(rests)));
  }
  EXPECT_GT(rests, 8u);
  EXPECT_LT(rests, 1000u);
  ExpectAllThere();
  ASSERT_TRUE(world_.Close());
  ASSERT_TRUE(world_.Open());
  ExpectAllThere();
}

TEST_F(LedgerMergeTest, ClosingEndsAMergeAndLeavesNothingOfIt) {
  BeginMerge();
  ASSERT_TRUE(world_.Close());
  EXPECT_EQ(RunFiles(), 4u);
  ASSERT_TRUE(world_.Open());
  ExpectAllThere();
}

TEST_F(LedgerMergeTest, AMergeThatFailsIsTriedAgainAfterALaterCheckpoint) {
  BeginMerge();
  world_.files.FailAt(world_.files.operations(), io::Fault::kIoError, io::FaultRepeat::kSticky);
  world_.Elapse();
  world_.files.ClearFaults();
  EXPECT_FALSE(world_.ledger->statistics().damaged);
  world_.Kill();
  ASSERT_TRUE(world_.Open());
  EXPECT_EQ(RunFiles(), 4u);
  SetMany();
  for (int i = 0; i < 200 && RunFiles() > 1; i++) world_.Elapse();
  EXPECT_EQ(RunFiles(), 1u);
  ExpectAllThere();
}

TEST_F(LedgerMergeTest, AnExplicitCheckpointEndsAMergeThatHasBegun) {
  BeginMerge();
  ASSERT_TRUE(world_.ledger->Checkpoint());
  EXPECT_EQ(RunFiles(), 1u);
  ExpectAllThere();
}

}  // namespace
}  // namespace immudb::ledger
