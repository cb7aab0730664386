#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

#include "log/log_world.h"

namespace immudb::log {
namespace {

constexpr std::uint64_t kEntries = 3000;

// The memory file system with a call before each sync of a file returns.
class HookedFiles : public io::FileSystem {
 public:
  explicit HookedFiles(io::MemoryFileSystem& files) : files_(files) {}

  Result<std::unique_ptr<io::File>> Open(const std::string& path, io::OpenMode mode) override {
    auto file = files_.Open(path, mode);
    if (!file) return file.error();
    return std::make_unique<HookedFile>(*this, *std::move(file));
  }
  Status CreateDirectory(const std::string& path) override { return files_.CreateDirectory(path); }
  Status Rename(const std::string& from, const std::string& to) override {
    return files_.Rename(from, to);
  }
  Status Remove(const std::string& path) override { return files_.Remove(path); }
  Result<std::vector<io::DirectoryEntry>> List(const std::string& path) const override {
    return files_.List(path);
  }
  Result<bool> Exists(const std::string& path) const override { return files_.Exists(path); }
  Status SyncDirectory(const std::string& path) override { return files_.SyncDirectory(path); }
  Result<std::unique_ptr<io::DirectoryLock>> Lock(const std::string& path) override {
    return files_.Lock(path);
  }
  Result<std::unique_ptr<io::DirectoryLock>> LockExisting(const std::string& path) override {
    return files_.LockExisting(path);
  }

  std::function<void()> after_sync;

 private:
  class HookedFile : public io::File {
   public:
    HookedFile(HookedFiles& files, std::unique_ptr<io::File> file)
        : files_(files), file_(std::move(file)) {}
    Result<std::size_t> Read(std::uint64_t offset, std::span<std::uint8_t> out) const override {
      return file_->Read(offset, out);
    }
    Status Write(std::uint64_t offset, std::span<const BytesView> parts) override {
      return file_->Write(offset, parts);
    }
    Status Sync() override {
      Status status = file_->Sync();
      if (const auto hook = std::exchange(files_.after_sync, nullptr)) hook();
      return status;
    }
    Status Truncate(std::uint64_t size_bytes) override { return file_->Truncate(size_bytes); }
    Result<std::uint64_t> SizeBytes() const override { return file_->SizeBytes(); }

   private:
    HookedFiles& files_;
    std::unique_ptr<io::File> file_;
  };

  io::MemoryFileSystem& files_;
};

Bytes OneEntry(LeafIndex index, std::size_t value_bytes) {
  Bytes body;
  AppendEntry(body, EntryKind::kSet, AsBytes("k" + std::to_string(index.value)),
              Bytes(value_bytes, static_cast<std::uint8_t>(index.value)));
  FinishEntry(body, index, LastOfBatch::kYes);
  return body;
}

Status AppendOne(Log& log, LeafIndex index, std::size_t value_bytes) {
  const Bytes body = OneEntry(index, value_bytes);
  while (!log.Fits(body.size())) {
    if (Status status = log.Extend(body.size()); !status) return status;
  }
  const BytesView part(body);
  const auto position = log.Append({.first = index, .count = 1}, {&part, 1});
  if (!position) return position.error();
  return {};
}

std::uint64_t CountAfterOpening(io::FileSystem& files, const OpenOptions& options) {
  std::uint64_t count = 0;
  const auto opened = Log::Open(files, "log", LogWorld::kId, options,
                                [&](LogPosition, const RecordHeader& header, BytesView) {
                                  count += header.count;
                                  return Status();
                                });
  EXPECT_TRUE(opened.has_value() && !opened->damage);
  return count;
}

TEST(LogConcurrencyTest, ARecordAppendedDuringASyncIsCoveredByTheNextOneEvenInAFullSegment) {
  io::MemoryFileSystem memory;
  HookedFiles files(memory);
  const OpenOptions options{.segment_bytes = LogWorld::kSegmentBytes};
  ASSERT_TRUE(Log::Create(files, "log", LogWorld::kId) && memory.SyncDirectory("."));
  auto opened = Log::Open(files, "log", LogWorld::kId, options,
                          [](LogPosition, const RecordHeader&, BytesView) { return Status(); });
  ASSERT_TRUE(opened.has_value());
  Log& log = *opened->log;
  ASSERT_TRUE(AppendOne(log, {0}, 6000));
  ASSERT_TRUE(log.Extend(6000));
  std::uint64_t next = 1;
  // During the sync: fill the segment and go over to the next one.
  files.after_sync = [&] {
    for (; log.statistics().segments == 1; ++next) ASSERT_TRUE(AppendOne(log, {next}, 3000));
  };
  ASSERT_TRUE(log.Sync());
  ASSERT_EQ(log.statistics().segments, 2u);
  EXPECT_LT(log.durable_end(), log.end());
  ASSERT_TRUE(log.Sync());
  EXPECT_EQ(log.durable_end(), log.end());
  memory.Crash(io::CrashPolicy::kDropAll);
  EXPECT_EQ(CountAfterOpening(memory, options), next);
}

TEST(LogConcurrencyTest, AppendSyncExtendAndReadRunSideBySide) {
  LogWorld world(TestSeed());
  world.options.segment_bytes = 64u << 10;
  world.options.open_files_max = 2;
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  Log& log = *world.log;
  std::vector<std::atomic<std::uint64_t>> positions(kEntries);
  std::atomic<std::uint64_t> appended{0};
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<bool> done{false};

  std::jthread extender([&] {
    while (!done) {
      if (log.NeedsExtend()) {
        EXPECT_TRUE(log.Extend(200));
      }
      std::this_thread::yield();
    }
  });
  std::jthread syncer([&] {
    while (!done) {
      const std::uint64_t count = appended;
      EXPECT_TRUE(log.Sync());
      acknowledged = count;
      std::this_thread::yield();
    }
  });
  std::vector<std::jthread> readers;
  for (std::uint64_t reader = 0; reader < 2; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937_64 random(reader);
      while (!done) {
        const std::uint64_t count = appended;
        if (count == 0) continue;
        const std::uint64_t index = random() % count;
        const auto entry = log.ReadEntry({positions[index]}, {index}, 64);
        EXPECT_TRUE(entry && entry->value == Bytes(100, static_cast<std::uint8_t>(index)));
      }
    });
  }
  for (std::uint64_t index = 0; index < kEntries; ++index) {
    const Bytes body = OneEntry({index}, 100);
    while (!log.Fits(body.size())) std::this_thread::yield();
    const BytesView part(body);
    const auto position = log.Append({.first = {index}, .count = 1}, {&part, 1});
    ASSERT_TRUE(position.has_value()) << position.error().message;
    positions[index] = (*position + kRecordHeaderBytes).value;
    appended = index + 1;
  }
  done = true;
  extender.join();
  syncer.join();
  readers.clear();
  EXPECT_GT(log.statistics().segments, 3u);
  world.log.reset();
  world.files.Crash(io::CrashPolicy::kRandom, TestSeed());
  const std::uint64_t count = CountAfterOpening(world.files, world.options);
  EXPECT_GE(count, acknowledged.load());
}

}  // namespace
}  // namespace immudb::log
