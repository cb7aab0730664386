#include "log/log.h"

#include <gtest/gtest.h>

#include "io/memory_file_system.h"
#include "log/entry.h"

namespace immudb::log {
namespace {

constexpr LedgerId kId{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

struct Fixture {
  io::MemoryFileSystem files;
  std::unique_ptr<Log> log;
  std::uint64_t next = 0;
  std::vector<LogPosition> entries;
  std::optional<Damage> damage;

  void Open(OpenOptions options = {}) {
    log.reset();
    entries.clear();
    auto opened = Log::Open(files, "log", kId, options,
                            [&](LogPosition at, const RecordHeader& header, BytesView body) {
                              std::size_t offset = kRecordHeaderBytes;
                              while (!body.empty()) {
                                entries.push_back(at + offset);
                                offset += FramedBytes(body);
                                body = body.subspan(FramedBytes(body));
                              }
                              static_cast<void>(header);
                              return Status();
                            });
    ASSERT_TRUE(opened.has_value()) << opened.error().message;
    log = std::move(opened->log);
    next = opened->next.value;
    damage = opened->damage;
  }

  void Append(int count, std::size_t value_bytes) {
    Bytes body;
    std::vector<std::size_t> at;
    for (int i = 0; i < count; ++i) {
      at.push_back(body.size());
      AppendEntry(body, EntryKind::kSet, AsBytes("key" + std::to_string(next + at.size() - 1)),
                  Bytes(value_bytes, static_cast<std::uint8_t>(i)));
    }
    for (std::size_t i = 0; i < at.size(); ++i) {
      FinishEntry(std::span(body).subspan(at[i]), {next + i}, LastOfBatch::kYes);
    }
    if (!log->Fits(body.size()) || log->NeedsExtend()) {
      ASSERT_TRUE(log->Extend(body.size()));
    }
    const BytesView view(body);
    const auto position =
        log->Append({.first = {next}, .count = static_cast<std::uint32_t>(count)}, {&view, 1});
    ASSERT_TRUE(position.has_value()) << position.error().message;
    for (const std::size_t offset : at) entries.push_back(*position + kRecordHeaderBytes + offset);
    next += static_cast<std::uint64_t>(count);
  }
};

TEST(LogTest, WhatWasSyncedIsReadBackAfterAPowerLoss) {
  Fixture f;
  ASSERT_TRUE(Log::Create(f.files, "log", kId));
  ASSERT_TRUE(f.files.SyncDirectory("."));
  f.Open({.segment_bytes = 128u << 10});
  for (int round = 0; round < 200; ++round) {
    f.Append(round % 5 + 1, static_cast<std::size_t>(round * 37 % 3000));
    if (round % 3 == 0) {
      ASSERT_TRUE(f.log->Sync());
    }
  }
  ASSERT_TRUE(f.log->Sync());
  ASSERT_GT(f.log->statistics().segments, 2u);
  for (std::uint64_t i = 0; i < f.next; ++i) {
    const auto entry = f.log->ReadEntry(f.entries[i], {i});
    ASSERT_TRUE(entry.has_value()) << entry.error().message;
    EXPECT_EQ(std::string(entry->key.begin(), entry->key.end()), "key" + std::to_string(i));
  }
  const auto entries = f.entries;
  f.files.Crash(io::CrashPolicy::kDropAll);
  f.Open();
  EXPECT_FALSE(f.damage);
  EXPECT_EQ(f.entries, entries);
  EXPECT_EQ(f.next, entries.size());
}

}  // namespace
}  // namespace immudb::log
