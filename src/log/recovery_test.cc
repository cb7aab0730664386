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

std::uint64_t FileBytes(const LogWorld& world, std::uint64_t number) {
  return world.files.ReadAll("log/" + SegmentName(number))->size();
}

std::uint64_t SegmentFiles(const LogWorld& world) {
  const std::vector<std::string> files = world.files.AllFiles("log");
  return static_cast<std::uint64_t>(std::count_if(
      files.begin(), files.end(), [](const std::string& name) { return name.ends_with(".seg"); }));
}

// The bytes of the file that belong to the log, by the headers of the segments.
std::uint64_t LiveBytes(LogWorld& world, std::uint64_t number) {
  SegmentMap segments(world.files, "log", 4);
  for (std::uint64_t i = 0; i < SegmentFiles(world); ++i) {
    const Bytes content = *world.files.ReadAll("log/" + SegmentName(i));
    segments.Add(i, DecodeSegmentHeader(content)->start);
  }
  for (const SegmentRange& range : segments.Ranges()) {
    if (range.number == number) return range.FileOffset(range.end);
  }
  return kSegmentHeaderBytes;
}

TEST(RecoveryTest, KillsTakeNoMoreSpaceThanTheLog) {
  LogWorld world;
  world.options.segment_bytes = 4u << 20;
  ASSERT_TRUE(world.Create() && world.Open());
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(world.Append(4000));
  for (int kill = 0; kill < 100; ++kill) {
    // Now and then the tail is proven, so that the log goes on where it was.
    ASSERT_TRUE(world.Append() && world.Append());
    if (kill % 3 == 0) {
      ASSERT_TRUE(world.Sync() && world.Append());
    }
    world.files.KillProcess();
    ASSERT_TRUE(world.Open());
    ASSERT_FALSE(world.damage.has_value());
  }
  world.ExpectReadable();
  const std::uint64_t segments = SegmentFiles(world);
  ASSERT_GT(segments, 90u);
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < segments; ++i) {
    if (i + 1 < segments) {
      EXPECT_EQ(FileBytes(world, i), LiveBytes(world, i)) << i;
    }
    bytes += FileBytes(world, i);
  }
  EXPECT_LT(bytes, world.log->end().value + segments * kSegmentHeaderBytes + (64u << 10));
}

TEST(RecoveryTest, TheFirstExtensionOfANewSegmentIsSmallHoweverLongTheLogIs) {
  LogWorld world;
  world.options.segment_bytes = 4u << 20;
  ASSERT_TRUE(world.Create() && world.Open());
  for (int i = 0; i < 300; ++i) ASSERT_TRUE(world.Append(4000));
  ASSERT_GT(world.log->end().value, 1u << 20);
  world.files.KillProcess();
  world.options.known_durable_end = world.log->durable_end();
  ASSERT_TRUE(world.Open());  // The whole log was copied: nothing of it was proven.
  ASSERT_TRUE(world.Append() && world.Sync() && world.Append());
  world.files.KillProcess();
  ASSERT_TRUE(world.Open());
  const std::uint64_t newest = SegmentFiles(world) - 1;
  const std::uint64_t before = FileBytes(world, newest);
  EXPECT_LT(before, 16u << 10);
  ASSERT_TRUE(world.log->Extend(0));
  EXPECT_LE(FileBytes(world, newest), before + (64u << 10) + 4096);
  // And it doubles from there on.
  std::uint64_t bytes_max = 0;
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t size = FileBytes(world, newest);
    ASSERT_TRUE(world.Append(4000));
    bytes_max = std::max(bytes_max, FileBytes(world, newest) - size);
  }
  EXPECT_GE(bytes_max, 256u << 10);
}

TEST(RecoveryTest, TheDeadEndOfASegmentIsCutOffByALaterOpeningToo) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Append());
  world.files.KillProcess();
  ASSERT_TRUE(world.Open() && world.Append() && world.Sync() && world.Seal() && world.Sync());
  const std::uint64_t live = LiveBytes(world, 0);
  ASSERT_EQ(FileBytes(world, 0), live);
  world.log.reset();
  {  // As a crash before the cut would have left it.
    const auto file = world.files.Open("log/" + SegmentName(0), io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Write(live, Bytes(5000, 0xee)));
  }
  ASSERT_TRUE(world.Open());
  EXPECT_FALSE(world.damage.has_value());
  EXPECT_EQ(FileBytes(world, 0), live);
  world.ExpectReadable();
}

TEST(RecoveryTest, ACutThatFailsDoesNotFailTheOpening) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Append());
  world.files.KillProcess();
  const auto killed = world.files.TakeSnapshot();
  std::uint64_t before = world.files.operations();
  ASSERT_TRUE(world.Open());
  const std::uint64_t operations = world.files.operations() - before;
  const std::uint64_t live = LiveBytes(world, 0);
  world.log.reset();
  std::size_t uncut = 0;
  for (std::uint64_t n = 0; n < operations; ++n) {
    world.files.Restore(killed);
    before = world.files.operations();
    world.files.FailAt(before + n, Fault::kIoError);
    if (!world.Open() || FileBytes(world, 0) == live) continue;
    ++uncut;
    EXPECT_FALSE(world.damage.has_value());
    EXPECT_TRUE(world.log->accepts_changes());
  }
  EXPECT_EQ(uncut, 2u);  // Opening the old segment for it, and the cut itself.
}

TEST(RecoveryTest, AByteMissingFromTheEndOfAnOlderSegmentIsDamage) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Append());
  world.files.KillProcess();
  ASSERT_TRUE(world.Open() && world.Append() && world.Sync() && world.Seal() && world.Sync());
  world.log.reset();
  {
    const auto file = world.files.Open("log/" + SegmentName(0), io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Truncate(LiveBytes(world, 0) - 1 - kRecordAlignment));
  }
  ASSERT_TRUE(world.Open());
  EXPECT_TRUE(world.damage.has_value());
}

TEST(RecoveryTest, AFullSegmentGivesBackItsUnusedEndAtTheNextExtension) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open());
  while (world.log->statistics().segments < 5) ASSERT_TRUE(world.Append() && world.Sync());
  ASSERT_TRUE(world.log->Extend(0));
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(FileBytes(world, i), LiveBytes(world, i)) << i;
}

TEST(RecoveryTest, AnEmptyOrMissingDirectoryIsAnError) {
  LogWorld world;
  EXPECT_EQ(world.Open().error().code, Code::kNotFound);
  ASSERT_TRUE(world.files.CreateDirectory("log"));
  EXPECT_EQ(world.Open().error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::log
