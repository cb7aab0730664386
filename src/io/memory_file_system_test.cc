#include "io/memory_file_system.h"

#include <gtest/gtest.h>

#include <array>
#include <set>

namespace immudb::io {
namespace {

constexpr std::size_t kBytes = 2048;  // Four sectors.

Bytes Filled(std::uint8_t byte) {
  return Bytes(kBytes, byte);
}

// A file "f" with durable content 1 and content 2 written over it.
std::unique_ptr<File> WriteUnsynced(MemoryFileSystem& files) {
  auto file = *files.Open("f", OpenMode::kCreateNew);
  EXPECT_TRUE(file->Write(0, Filled(1)) && file->Sync() && files.SyncDirectory("."));
  EXPECT_TRUE(file->Write(0, Filled(2)));
  return file;
}

TEST(MemoryFileSystemTest, APowerLossKeepsWhatWasSyncedAndMayDropTheRest) {
  MemoryFileSystem files;
  const auto file = WriteUnsynced(files);
  const auto snapshot = files.TakeSnapshot();
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_EQ(files.ReadAll("f").value(), Filled(1));
  files.Restore(snapshot);
  files.Crash(CrashPolicy::kKeepAll);
  EXPECT_EQ(files.ReadAll("f").value(), Filled(2));
}

TEST(MemoryFileSystemTest, ARandomPowerLossKeepsDropsOrTearsAtSectors) {
  MemoryFileSystem files;
  const auto file = WriteUnsynced(files);
  const auto snapshot = files.TakeSnapshot();
  std::set<Bytes> outcomes;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    files.Restore(snapshot);
    files.Crash(CrashPolicy::kRandom, seed);
    const Bytes content = *files.ReadAll("f");
    for (std::size_t i = 0; i < kBytes; ++i) ASSERT_EQ(content[i], content[i / 512 * 512]);
    outcomes.insert(content);
  }
  EXPECT_EQ(outcomes.size(), 16u);  // Every choice of four sectors.
}

TEST(MemoryFileSystemTest, TheDeathOfTheProcessLosesNothingAndClosesFiles) {
  MemoryFileSystem files;
  const auto file = WriteUnsynced(files);
  auto lock = files.Lock("lock");
  files.KillProcess();
  EXPECT_EQ(files.ReadAll("f").value(), Filled(2));
  EXPECT_EQ(file->Sync().error().code, Code::kIo);
  EXPECT_EQ(file->Write(0, Filled(3)).error().code, Code::kIo);
  auto again = files.Lock("lock");
  EXPECT_TRUE(again.has_value());
  lock->reset();  // The dead process's lock does not release the living one's.
  EXPECT_FALSE(files.Lock("lock").has_value());
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_EQ(files.ReadAll("f").value(), Filled(1));
}

TEST(MemoryFileSystemTest, ANameSurvivesOnlyAfterASyncOfItsDirectory) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.CreateDirectory("d") && files.SyncDirectory("."));
  const auto file = *files.Open("d/a", OpenMode::kCreateNew);
  ASSERT_TRUE(file->Write(0, Filled(1)) && file->Sync());
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_FALSE(files.Exists("d/a").value());

  ASSERT_TRUE(files.Open("d/a", OpenMode::kCreateNew) && files.SyncDirectory("d"));
  ASSERT_TRUE(files.Rename("d/a", "d/b"));
  const auto snapshot = files.TakeSnapshot();
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    files.Restore(snapshot);
    files.Crash(CrashPolicy::kRandom, seed);
    const auto names = files.AllFiles("d");
    ASSERT_EQ(names.size(), 1u);  // A rename is one step.
    outcomes.insert(names.front());
  }
  EXPECT_EQ(outcomes, (std::set<std::string>{"d/a", "d/b"}));
  files.Restore(snapshot);
  ASSERT_TRUE(files.SyncDirectory("d"));
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_EQ(files.AllFiles("d"), std::vector<std::string>{"d/b"});
}

TEST(MemoryFileSystemTest, AFailedSyncLosesWhatALaterSyncDoesNotSave) {
  std::set<std::uint8_t> outcomes;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    MemoryFileSystem files(seed);
    const auto file = WriteUnsynced(files);
    files.FailAt(files.operations(), Fault::kIoError);
    ASSERT_FALSE(file->Sync());
    EXPECT_EQ(files.ReadAll("f").value(), Filled(2));
    ASSERT_TRUE(file->Sync());
    files.Crash(CrashPolicy::kKeepAll);
    outcomes.insert(files.ReadAll("f")->front());
  }
  EXPECT_EQ(outcomes, (std::set<std::uint8_t>{1, 2}));
}

TEST(MemoryFileSystemTest, FaultsStrikeTheOperationTheyAreSetFor) {
  MemoryFileSystem files;
  const auto file = *files.Open("f", OpenMode::kCreateNew);
  const std::uint64_t next = files.operations();
  files.FailAt(next + 1, Fault::kNoSpace);
  files.FailAt(next + 2, Fault::kShortWrite);
  files.FailAt(next + 4, Fault::kIoError, FaultRepeat::kSticky);
  EXPECT_TRUE(file->Write(0, Filled(1)));
  EXPECT_EQ(file->Write(0, Filled(2)).error().code, Code::kExhausted);
  EXPECT_EQ(files.ReadAll("f").value(), Filled(1));
  EXPECT_EQ(file->Write(0, Filled(3)).error().code, Code::kIo);
  EXPECT_EQ(files.ReadAll("f")->front(), 3);
  EXPECT_EQ(files.ReadAll("f")->back(), 1);
  EXPECT_TRUE(file->Sync());
  Bytes out(1);
  EXPECT_FALSE(file->Read(0, out));
  EXPECT_FALSE(files.Exists("f"));
  EXPECT_FALSE(files.List("."));
  EXPECT_FALSE(files.Rename("f", "g"));
  EXPECT_FALSE(files.Remove("f"));
  EXPECT_FALSE(files.CreateDirectory("d"));
  EXPECT_FALSE(files.SyncDirectory("."));
  EXPECT_FALSE(file->Truncate(0));
  EXPECT_FALSE(file->SizeBytes());
  files.ClearFaults();
  EXPECT_TRUE(file->Read(0, out));
}

TEST(MemoryFileSystemTest, APowerLossAtAnOperationStopsEverythingAfterIt) {
  MemoryFileSystem files;
  const auto file = WriteUnsynced(files);
  files.FailAt(files.operations(), Fault::kPowerLoss);
  EXPECT_FALSE(file->Sync());
  EXPECT_FALSE(file->Write(0, Filled(3)));
  EXPECT_FALSE(files.Exists("f"));
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_EQ(files.ReadAll("f").value(), Filled(1));
  EXPECT_TRUE(files.Exists("f").value());
}

TEST(MemoryFileSystemTest, AFullDiskTakesWhatFitsAndCanBeFreed) {
  MemoryFileSystem files;
  const auto file = *files.Open("f", OpenMode::kCreateNew);
  files.SetCapacityBytes(kBytes + 100);
  ASSERT_TRUE(file->Write(0, Filled(1)));
  EXPECT_TRUE(file->Write(0, Filled(2)));  // Over old bytes.
  EXPECT_EQ(file->Write(kBytes, Filled(3)).error().code, Code::kExhausted);
  EXPECT_EQ(files.used_bytes(), kBytes + 100);
  files.SetCapacityBytes(std::nullopt);
  EXPECT_TRUE(file->Write(kBytes, Filled(3)));
}

TEST(MemoryFileSystemTest, CorruptFlipsBitsOnTheDiskToo) {
  MemoryFileSystem files;
  const auto file = WriteUnsynced(files);
  ASSERT_TRUE(file->Sync() && files.Corrupt("f", 5, 0x80));
  files.Crash(CrashPolicy::kDropAll);
  EXPECT_EQ((*files.ReadAll("f"))[5], 2 ^ 0x80);
  EXPECT_EQ(files.Corrupt("f", kBytes, 1).error().code, Code::kInvalidArgument);
  EXPECT_EQ(files.Corrupt("g", 0, 1).error().code, Code::kNotFound);
}

TEST(MemoryFileSystemTest, EachUnsyncedChangeHasTheFateThatACrashIsTold) {
  MemoryFileSystem files;
  auto file = WriteUnsynced(files);
  ASSERT_TRUE(file->Write(kBytes, Filled(3)) && file->Truncate(kBytes + 1));
  ASSERT_TRUE(files.Rename("f", "g"));
  // A file that no name leads to is no matter.
  ASSERT_TRUE(files.Open("gone", OpenMode::kCreateNew) && files.Remove("gone"));
  ASSERT_TRUE(files.SyncDirectory(".") && files.Rename("g", "h"));
  const auto snapshot = files.TakeSnapshot();
  ASSERT_EQ(files.unsynced_changes(), 4u);
  std::set<Bytes> contents;
  for (int choice = 0; choice < 16; ++choice) {
    files.Restore(snapshot);
    std::array<Fate, 4> fates{};
    for (std::size_t i = 0; i < fates.size(); ++i) {
      fates[i] = (choice >> i & 1) != 0 ? Fate::kKept : Fate::kDropped;
    }
    files.Crash(fates, 1);
    // Names come last or first: the directory is a node of its own.
    const bool renamed = *files.Exists("h");
    EXPECT_NE(renamed, *files.Exists("g"));
    contents.insert(*files.ReadAll(renamed ? "h" : "g"));
    EXPECT_EQ(files.unsynced_changes(), 0u);
  }
  // Content 1 or 2; then nothing, 3, a byte of zero or one of 3.
  EXPECT_EQ(contents.size(), 8u);
}

TEST(MemoryFileSystemTest, AHookDecidesWhichCallsFail) {
  MemoryFileSystem files;
  auto file = *files.Open("f", OpenMode::kCreateNew);
  std::vector<Call> calls;
  std::optional<Fault> fault;
  files.SetFaultHook([&](const CallInfo& info) -> std::optional<Fault> {
    calls.push_back(info.call);
    if (info.call == Call::kWrite) {
      EXPECT_EQ(info.path, "f");
      EXPECT_EQ(info.data.size(), kBytes);
    }
    return fault;
  });
  EXPECT_TRUE(file->Write(0, Filled(1)) && file->Sync());
  EXPECT_TRUE(files.Open("f", OpenMode::kCreateOrOpen) && files.Open("g", OpenMode::kCreateOrOpen));
  EXPECT_EQ(calls, (std::vector{Call::kWrite, Call::kSync, Call::kOpen, Call::kCreate}));
  fault = Fault::kNoSpace;
  EXPECT_EQ(file->Write(0, Filled(1)).error().code, Code::kExhausted);
  EXPECT_TRUE(file->Sync());
  fault = Fault::kPowerLoss;
  EXPECT_FALSE(file->Sync());
  fault.reset();
  EXPECT_FALSE(file->Sync()) << "the power came back by itself";
  files.SetFaultHook(nullptr);
  files.KillProcess();
  EXPECT_TRUE(files.Open("f", OpenMode::kRead));
}

}  // namespace
}  // namespace immudb::io
