// Damage in acknowledged data is reported and never cut; a torn tail is cut.

#include <gtest/gtest.h>

#include <cstdio>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "log/log_world.h"

namespace immudb::log {
namespace {

constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kCrcAt = kSegmentHeaderBytes - 4;

std::string Path(const std::string& name) {
  return "log/" + name;
}

// A log over several segments, all of it acknowledged and sealed.
void Fill(LogWorld& world, int groups, std::size_t value_bytes_max) {
  ASSERT_TRUE(world.Create() && world.Open());
  for (int i = 0; i < groups; ++i) {
    ASSERT_TRUE(world.Append(value_bytes_max));
    ASSERT_TRUE(world.Sync());
  }
  ASSERT_TRUE(world.Seal() && world.Sync());
}

struct Counts {
  std::size_t damaged = 0;
  std::size_t unused = 0;
};

// Flips each byte below `end_offset` of the file and opens the log.
Counts FlipEachByte(LogWorld& world, const std::string& path, std::uint64_t end_offset) {
  Counts counts;
  const auto snapshot = world.files.TakeSnapshot();
  const auto given = world.given;
  for (std::uint64_t at = 0; at < end_offset; ++at) {
    world.log.reset();
    world.files.Restore(snapshot);
    world.given = given;
    world.promised = given.size();  // Open fails the test if one of them is gone or wrong.
    const auto mask = static_cast<std::uint8_t>(1u << (at % 8));
    EXPECT_TRUE(world.files.Corrupt(path, at, mask));
    const Status status = world.Open();
    EXPECT_TRUE(status) << path << " " << at << ": " << status.error().message;
    if (!status) break;
    ++(world.damage ? counts.damaged : counts.unused);
    if (!world.damage) continue;
    EXPECT_FALSE(world.log->accepts_changes());
    const BytesView part;
    EXPECT_EQ(world.log->AppendSeal({0}, 0, {}).error().code, Code::kCorrupted);
    EXPECT_EQ(world.log->Extend(1).error().code, Code::kCorrupted);
    EXPECT_EQ(world.log->Sync().error().code, Code::kCorrupted);
    // Nothing was changed: a second look says the same.
    const auto first = *world.damage;
    EXPECT_TRUE(world.Open());
    EXPECT_TRUE(world.damage && world.damage->position == first.position);
  }
  world.log.reset();
  world.files.Restore(snapshot);
  world.given = given;
  world.promised = given.size();
  return counts;
}

TEST(LogDamageTest, EveryFlippedByteOfAcknowledgedRecordsIsReported) {
  for (const bool with_checkpoint : {false, true}) {
    LogWorld world(TestSeed());
    Fill(world, 6, 40);
    if (with_checkpoint) world.options.known_durable_end = world.log->durable_end();
    const std::uint64_t end = kSegmentHeaderBytes + world.log->end().value;
    // Without a checkpoint the seal itself is proven by nothing.
    const std::uint64_t proven = with_checkpoint ? end : end - kRecordHeaderBytes;
    const Counts counts = FlipEachByte(world, Path("00000000.seg"), proven);
    std::printf("%zu flips reported, %zu in unused bytes\n", counts.damaged, counts.unused);
    EXPECT_EQ(counts.damaged, proven);
  }
}

TEST(LogDamageTest, EveryFlippedByteOfAnySegmentIsReportedOrUnused) {
  LogWorld world(TestSeed());
  Fill(world, 18, 1500);
  ASSERT_GE(world.log->statistics().segments, 3u);
  world.files.KillProcess();
  Counts counts;
  for (const std::string& path : world.files.AllFiles("log")) {
    // Every 13th byte, so that all of a header's and an entry's are met in some record.
    const auto snapshot = world.files.TakeSnapshot();
    const std::uint64_t size = world.files.ReadAll(path)->size();
    for (std::uint64_t at = 0; at < size; at += 13) {
      world.log.reset();
      world.files.Restore(snapshot);
      ASSERT_TRUE(world.files.Corrupt(path, at, 0x10));
      const Status status = world.Open();
      ASSERT_TRUE(status) << path << " " << at << ": " << status.error().message;
      ++(world.damage ? counts.damaged : counts.unused);
      ASSERT_FALSE(HasFailure()) << path << " " << at;
    }
    world.files.Restore(snapshot);
  }
  std::printf("%zu flips reported, %zu in unused bytes\n", counts.damaged, counts.unused);
  EXPECT_GT(counts.damaged, counts.unused / 4);
}

TEST(LogDamageTest, IntactRecordsBehindDamageAreShown) {
  LogWorld world(TestSeed());
  Fill(world, 30, 1500);
  const auto all = world.given;
  for (const std::size_t victim : {std::size_t{0}, all.size() / 2, all.size() - 1}) {
    LogWorld damaged(TestSeed());
    Fill(damaged, 30, 1500);
    const auto place = all[victim].position;
    std::string file;
    std::uint64_t offset = 0;
    SegmentMap segments(damaged.files, "log", 4);
    for (std::uint64_t number = 0; number < damaged.log->statistics().segments; ++number) {
      const auto header = DecodeSegmentHeader(*damaged.files.ReadAll(Path(SegmentName(number))));
      ASSERT_TRUE(header.has_value());
      segments.Add(number, header->start);
    }
    const auto range = segments.Find(place);
    ASSERT_TRUE(range.has_value());
    file = SegmentName(range->number);
    offset = range->FileOffset(place);
    ASSERT_TRUE(damaged.files.Corrupt(Path(file), offset, 1));
    damaged.files.KillProcess();

    std::vector<std::uint64_t> seen;
    const auto opened = Log::Open(damaged.files, "log", LogWorld::kId, damaged.options,
                                  [&](LogPosition, const RecordHeader& header, BytesView) {
                                    for (std::uint32_t i = 0; i < header.count; ++i) {
                                      seen.push_back(header.first.value + i);
                                    }
                                    return Status();
                                  });
    ASSERT_TRUE(opened.has_value());
    ASSERT_TRUE(opened->damage.has_value());
    EXPECT_EQ(opened->damage->file, file);
    EXPECT_LE(opened->damage->position, place);
    EXPECT_LE(opened->damage->offset, offset);
    EXPECT_EQ(seen.size() + 1, all.size());
    for (const std::uint64_t index : seen) {
      EXPECT_TRUE(opened->log->ReadEntry(all[index].position, {index})) << index;
    }
    EXPECT_EQ(opened->log->ReadEntry(place, {victim}).error().code, Code::kCorrupted);
  }
}

// Opens the log and counts the entries that are shown and can be read where they are shown.
std::size_t CountReadable(LogWorld& world, std::optional<LogPosition>& missing_to) {
  std::vector<std::pair<LeafIndex, LogPosition>> shown;
  const auto opened =
      Log::Open(world.files, "log", LogWorld::kId, world.options,
                [&](LogPosition at, const RecordHeader& header, BytesView body) {
                  std::size_t offset = 0;
                  for (std::uint32_t i = 0; i < header.count; ++i) {
                    shown.push_back({{header.first.value + i}, at + kRecordHeaderBytes + offset});
                    offset += FramedBytes(body.subspan(offset));
                  }
                  EXPECT_EQ(offset, body.size());
                  return Status();
                });
  EXPECT_TRUE(opened.has_value());
  EXPECT_TRUE(opened->damage.has_value());
  missing_to = opened->missing_to;
  std::size_t readable = 0;
  for (const auto& [index, position] : shown) {
    EXPECT_EQ(position, world.given[index.value].position) << index.value;
    const auto entry = opened->log->ReadEntry(position, index);
    if (!entry) continue;
    EXPECT_EQ(entry->value, world.given[index.value].value);
    ++readable;
  }
  return readable;
}

TEST(LogDamageTest, AChangedByteCostsTheEntryItIsInAndNoOther) {
  LogWorld world(TestSeed());
  Fill(world, 8, 60);
  const std::size_t all = world.given.size();
  const std::uint64_t end = world.log->end().value - kRecordHeaderBytes;  // Without the seal.
  world.log.reset();
  std::optional<LogPosition> missing_to;
  for (std::uint64_t at = 0; at < end; ++at) {
    const std::uint64_t offset = kSegmentHeaderBytes + at;
    ASSERT_TRUE(world.files.Corrupt(Path("00000000.seg"), offset, 0x21));
    const bool in_entry =
        std::any_of(world.given.begin(), world.given.end(), [&](const LogWorld::Given& entry) {
          const std::uint64_t bytes = kEntryHeaderBytes + entry.key.size() + entry.value.size();
          return at >= entry.position.value && at < entry.position.value + bytes;
        });
    ASSERT_EQ(CountReadable(world, missing_to), all - (in_entry ? 1 : 0)) << at;
    EXPECT_FALSE(missing_to.has_value());
    ASSERT_FALSE(HasFailure()) << at;
    ASSERT_TRUE(world.files.Corrupt(Path("00000000.seg"), offset, 0x21));
  }
}

TEST(LogDamageTest, ALostSectorCostsTheEntriesInItAndNoOther) {
  LogWorld world(TestSeed());
  Fill(world, 40, 200);
  const std::size_t all = world.given.size();
  const std::uint64_t segment_bytes = world.files.ReadAll(Path("00000000.seg"))->size();
  world.log.reset();
  const auto snapshot = world.files.TakeSnapshot();
  std::optional<LogPosition> missing_to;
  for (std::uint64_t begin = 512; begin + 512 <= segment_bytes; begin += 512) {
    world.files.Restore(snapshot);
    const std::uint64_t position = begin - kSegmentHeaderBytes;
    {
      const auto file = world.files.Open(Path("00000000.seg"), io::OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->Write(begin, Bytes(512, 0)));
    }
    const auto lost = static_cast<std::size_t>(
        std::count_if(world.given.begin(), world.given.end(), [&](const LogWorld::Given& entry) {
          const std::uint64_t bytes = kEntryHeaderBytes + entry.key.size() + entry.value.size();
          return entry.position.value < position + 512 && entry.position.value + bytes > position;
        }));
    if (lost == 0) continue;
    ASSERT_EQ(CountReadable(world, missing_to), all - lost) << begin;
    ASSERT_FALSE(HasFailure()) << begin;
  }
}

TEST(LogDamageTest, AcknowledgedRecordsThatAreMissingAtTheEndAreSaidToBe) {
  LogWorld world(TestSeed());
  Fill(world, 8, 60);
  const std::size_t all = world.given.size();
  const LogPosition end = world.log->end();
  world.options.known_durable_end = end;
  world.log.reset();
  {
    const auto file = world.files.Open(Path("00000000.seg"), io::OpenMode::kReadWrite);
    ASSERT_TRUE((*file)->Truncate(kSegmentHeaderBytes + world.given.back().position.value - 8));
  }
  std::optional<LogPosition> missing_to;
  EXPECT_LT(CountReadable(world, missing_to), all);
  EXPECT_EQ(missing_to, end);
}

TEST(LogDamageTest, AMissingSegmentIsDamage) {
  for (const std::uint64_t missing : {0u, 1u}) {
    LogWorld world(TestSeed());
    Fill(world, 30, 1500);
    ASSERT_GE(world.log->statistics().segments, 3u);
    ASSERT_TRUE(world.files.Remove(Path(SegmentName(missing))));
    ASSERT_TRUE(world.Open());
    ASSERT_TRUE(world.damage.has_value());
    EXPECT_EQ(world.damage->file, SegmentName(missing));
  }
}

TEST(LogDamageTest, ACheckpointBeyondTheLogIsDamage) {
  LogWorld world(TestSeed());
  Fill(world, 30, 1500);
  world.options.known_durable_end = world.log->durable_end();
  const std::uint64_t newest = world.log->statistics().segments - 1;
  ASSERT_TRUE(world.files.Remove(Path(SegmentName(newest))));
  ASSERT_TRUE(world.Open());
  EXPECT_TRUE(world.damage.has_value());
}

TEST(LogDamageTest, AForeignSegmentIsDamage) {
  LogWorld world(TestSeed());
  Fill(world, 30, 1500);
  const auto file = world.files.Open(Path(SegmentName(1)), io::OpenMode::kReadWrite);
  auto header = *DecodeSegmentHeader(*world.files.ReadAll(Path(SegmentName(1))));
  header.ledger.bytes[0] ^= 1;
  ASSERT_TRUE((*file)->Write(0, EncodeSegmentHeader(header)));
  ASSERT_TRUE(world.Open());
  ASSERT_TRUE(world.damage.has_value());
  EXPECT_EQ(world.damage->file, SegmentName(1));
}

TEST(LogDamageTest, ATailCutAnywhereIsCutToWholeRecordsAndNotDamage) {
  LogWorld base(TestSeed());
  ASSERT_TRUE(base.Create() && base.Open());
  ASSERT_TRUE(base.Append(60) && base.Sync());
  const std::uint64_t acknowledged = base.log->end().value;
  const std::size_t promised = base.promised;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(base.Append(60));
  const std::uint64_t end = base.log->end().value;
  const auto snapshot = base.files.TakeSnapshot();
  const auto given = base.given;
  std::size_t cases = 0;
  for (const bool zeros : {false, true}) {  // The file ends there, or holds zeros from there on.
    for (std::uint64_t cut = acknowledged; cut < end; ++cut, ++cases) {
      base.log.reset();
      base.files.Restore(snapshot);
      base.given = given;
      base.promised = promised;
      {
        const auto file = base.files.Open(Path("00000000.seg"), io::OpenMode::kReadWrite);
        const std::uint64_t offset = kSegmentHeaderBytes + cut;
        const Bytes nothing(end - cut);
        ASSERT_TRUE(zeros ? (*file)->Write(offset, nothing) : (*file)->Truncate(offset));
      }
      const Status status = base.Open();
      ASSERT_TRUE(status) << status.error().message;
      ASSERT_FALSE(base.damage.has_value()) << cut;
      ASSERT_LT(base.log->end().value, cut + kRecordAlignment);  // Padding is zero anyway.
      ASSERT_TRUE(base.Append(60) && base.Sync());
      ASSERT_TRUE(base.Open());
      ASSERT_FALSE(HasFailure()) << cut;
    }
  }
  std::printf("%zu cuts\n", cases);
}

TEST(LogDamageTest, OpeningACleanLogAgainAddsNoSegment) {
  LogWorld world(TestSeed());
  Fill(world, 3, 100);
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(world.Open());
    EXPECT_EQ(world.log->statistics().segments, 1u);
    ASSERT_TRUE(world.Append() && world.Sync() && world.Seal() && world.Sync());
  }
}

TEST(LogDamageTest, AnUnprovenTailIsCopiedOnceOnly) {
  LogWorld world(TestSeed());
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Append());
  world.files.KillProcess();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(world.Open());
  EXPECT_EQ(world.files.AllFiles("log").size(), 2u);
}

TEST(LogDamageTest, ANewerFormatIsRefusedAndNotDamage) {
  LogWorld world(TestSeed());
  Fill(world, 3, 100);
  world.log.reset();
  const auto snapshot = world.files.TakeSnapshot();
  for (const std::size_t at : {kVersionAt, kVersionAt + 8, kVersionAt + 12}) {
    world.files.Restore(snapshot);
    Bytes header = *world.files.ReadAll(Path(SegmentName(0)));
    header.resize(kSegmentHeaderBytes);
    header[at] ^= 2;
    PutU32(header.data() + kCrcAt, Crc32c(0, BytesView(header).first(kCrcAt)));
    {
      const auto file = world.files.Open(Path(SegmentName(0)), io::OpenMode::kReadWrite);
      ASSERT_TRUE((*file)->Write(0, header));
    }
    const Status status = world.Open();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Code::kUnsupported);
  }
}

TEST(LogDamageTest, ReadingFromACheckpointSkipsWhatLiesBefore) {
  LogWorld world(TestSeed());
  Fill(world, 20, 1500);
  const LogPosition from = world.log->durable_end();
  const LeafIndex next{world.given.size()};
  ASSERT_TRUE(world.Append() && world.Sync());
  world.options.from = from;
  world.options.next = next;
  ASSERT_TRUE(world.Open());
  EXPECT_FALSE(world.damage.has_value());
  world.ExpectReadable();
}

TEST(LogDamageTest, AVisitorsErrorEndsOpening) {
  LogWorld world(TestSeed());
  Fill(world, 3, 100);
  const auto opened = Log::Open(world.files, "log", LogWorld::kId, world.options,
                                [](LogPosition, const RecordHeader&, BytesView) -> Status {
                                  return Error{Code::kUnavailable, "stop"};
                                });
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace immudb::log
