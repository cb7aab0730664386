// The steps of recovery that chance meets seldom.

#include "log/recovery.h"

#include <gtest/gtest.h>

#include "log/log_world.h"

namespace immudb::log {
namespace {

using io::CrashPolicy;
using io::Fault;

// Appends and syncs until there is a second segment.
Status FillSegment(LogWorld& world) {
  Status status;
  while (status && world.log->statistics().segments == 1) {
    status = world.Append(700);
    if (status) status = world.Sync();
  }
  return status;
}

TEST(RecoveryTest, ASegmentWhoseNameWasNotSyncedIsDurableAfterOpening) {
  LogWorld first;
  ASSERT_TRUE(first.Create() && first.Open());
  ASSERT_TRUE(FillSegment(first));
  const std::uint64_t operations = first.files.operations();
  std::size_t cases = 0;
  for (std::uint64_t n = 0; n < operations; ++n) {
    LogWorld world;
    ASSERT_TRUE(world.Create() && world.Open());
    world.files.FailAt(n, Fault::kIoError);
    if (FillSegment(world)) continue;  // The operation was over before.
    ++cases;
    world.files.KillProcess();
    ASSERT_TRUE(world.Open());
    ASSERT_TRUE(world.Append(700) && world.Sync());
    world.files.Crash(CrashPolicy::kDropAll);
    const Status reopened = world.Open();
    ASSERT_TRUE(reopened) << reopened.error().message;
    ASSERT_FALSE(world.damage.has_value()) << "operation " << n;
    ASSERT_FALSE(HasFailure()) << "operation " << n;
  }
  EXPECT_GT(cases, 20u);
}

TEST(RecoveryTest, ASealThatOnlyTheCacheHeldIsDurableAfterOpening) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Seal());
  const LogPosition end = world.log->end();
  world.files.KillProcess();
  ASSERT_TRUE(world.Open());
  EXPECT_EQ(world.log->end(), end);
  world.options.known_durable_end = world.log->durable_end();
  EXPECT_EQ(world.options.known_durable_end, end);
  world.files.Crash(CrashPolicy::kDropAll);
  ASSERT_TRUE(world.Open());
  EXPECT_FALSE(world.damage.has_value());
}

TEST(RecoveryTest, SealsAtTheEndOfAnUnprovenTailAreNotCopied) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Append());
  const LogPosition end = world.log->end();
  ASSERT_TRUE(world.Seal() && world.Seal());
  world.files.KillProcess();
  ASSERT_TRUE(world.Open());
  EXPECT_EQ(world.log->end(), end);
  EXPECT_EQ(world.files.AllFiles("log").size(), 2u);
}

TEST(RecoveryTest, ARecordThatDoesNotContinueTheIndexesIsCut) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync());
  const LogPosition end = world.log->end();
  for (const int step : {-1, 1}) {
    Bytes record(kRecordHeaderBytes);
    const LeafIndex wrong{world.given.size() + static_cast<std::uint64_t>(step)};
    AppendEntry(record, EntryKind::kSet, AsBytes("key"), AsBytes("value"));
    const std::span<std::uint8_t> body = std::span(record).subspan(kRecordHeaderBytes);
    FinishEntry(body, wrong, LastOfBatch::kYes);
    const auto header = RecordCodec(LogWorld::kId)
                            .Encode({.first = wrong, .count = 1, .body_bytes = body.size()}, end);
    std::copy(header.begin(), header.end(), record.begin());
    {
      const auto file = world.files.Open("log/00000000.seg", io::OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->Write(kSegmentHeaderBytes + end.value, record));
    }
    ASSERT_TRUE(world.Open());  // Compares what it shows with what was given.
    EXPECT_FALSE(world.damage.has_value());
    EXPECT_EQ(world.log->end(), end);
  }
}

TEST(RecoveryTest, RecordsOfASegmentWithADamagedHeaderAreShown) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open());
  while (world.log->statistics().segments < 4) ASSERT_TRUE(world.Append() && world.Sync());
  for (const std::uint64_t number : {0u, 1u, 2u}) {
    const std::string name = SegmentName(number);
    ASSERT_TRUE(world.files.Corrupt("log/" + name, 60, 0xff));  // In its start position.
    std::size_t shown = 0;
    const auto opened = Log::Open(world.files, "log", LogWorld::kId, world.options,
                                  [&](LogPosition, const RecordHeader& header, BytesView) {
                                    EXPECT_EQ(header.first.value, shown);
                                    shown += header.count;
                                    return Status();
                                  });
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE(opened->damage.has_value());
    EXPECT_EQ(opened->damage->file, name);
    EXPECT_EQ(shown, world.given.size()) << name;
    ASSERT_TRUE(world.files.Corrupt("log/" + name, 60, 0xff));
  }
}

TEST(RecoveryTest, TemporarySegmentsAreRemovedAndOtherFilesLeftAlone) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync());
  ASSERT_TRUE(world.files.Open("log/00000001.tmp", io::OpenMode::kCreateOrOpen));
  ASSERT_TRUE(world.files.Open("log/notes.tmp", io::OpenMode::kCreateNew));
  ASSERT_TRUE(world.Open());
  EXPECT_FALSE(world.files.Exists("log/00000001.tmp").value());
  EXPECT_TRUE(world.files.Exists("log/notes.tmp").value());
}

TEST(RecoveryTest, AnEmptyOrMissingDirectoryIsAnError) {
  LogWorld world;
  EXPECT_EQ(world.Open().error().code, Code::kNotFound);
  ASSERT_TRUE(world.files.CreateDirectory("log"));
  EXPECT_EQ(world.Open().error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::log
