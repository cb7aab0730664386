// A log in memory and what it was given, for tests: checks after every opening that the promises of
// docs/formats/log.md were kept.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/log.h"
#include "io/memory_file_system.h"
#include "log/entry.h"
#include "log/log.h"

namespace immudb::log {

// The seed of a random test: fixed, unless the environment asks for another run.
inline std::uint64_t TestSeed() {
  const char* const text = std::getenv("IMMUDB_TEST_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

// Not thread-safe.
class LogWorld {
 public:
  struct Given {
    EntryKind kind = EntryKind::kSet;
    bool last_of_batch = false;
    Bytes key;
    Bytes value;
    LogPosition position;
  };

  static constexpr LedgerId kId{{7, 7, 7, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}};
  static constexpr std::uint64_t kSegmentBytes = 16u << 10;

  explicit LogWorld(std::uint64_t seed = 1) : files(seed), random_(seed) {
    SetLogLevel(LogLevel::kOff);
    options.segment_bytes = kSegmentBytes;
  }

  Status Create() {
    if (Status status = Log::Create(files, "log", kId); !status) return status;
    return files.SyncDirectory(".");
  }

  // Opens the log and checks that it shows what was given, and no less than was promised. What it
  // shows is promised from then on.
  Status Open() {
    log.reset();
    std::vector<Given> shown(options.next.value);
    std::copy_n(given.begin(), shown.size(), shown.begin());
    auto opened = Log::Open(files, "log", kId, options,
                            [&](LogPosition at, const RecordHeader& header, BytesView body) {
                              Show(at, header, body, shown);
                              return Status();
                            });
    if (!opened) return opened.error();
    damage = opened->damage;
    log = std::move(opened->log);
    if (damage) return {};
    EXPECT_EQ(opened->next.value, shown.size());
    EXPECT_GE(shown.size(), promised) << "an acknowledged entry is gone";
    EXPECT_LE(shown.size(), given.size());
    EXPECT_EQ(log->end(), log->durable_end());
    for (std::size_t i = 0; i < std::min(shown.size(), given.size()); ++i) {
      EXPECT_TRUE(shown[i].key == given[i].key && shown[i].value == given[i].value &&
                  shown[i].position == given[i].position)
          << "entry " << i << " is not what was given";
    }
    EXPECT_TRUE(shown.empty() || shown.back().last_of_batch) << "half a batch";
    given = std::move(shown);
    promised = given.size();
    return {};
  }

  // Appends a group of 1 to 4 entries, the first half of them a batch, as is the rest.
  Status Append(std::size_t value_bytes_max = 1500) {
    const std::size_t count = random_() % 4 + 1;
    std::vector<Given> group(count);
    Bytes body;
    std::vector<std::size_t> offsets;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string key = "key" + std::to_string(given.size() + i);
      group[i].kind = random_() % 2 == 0 ? EntryKind::kSet : EntryKind::kReference;
      group[i].key.assign(key.begin(), key.end());
      group[i].value.resize(random_() % (value_bytes_max + 1));
      for (std::uint8_t& byte : group[i].value) byte = static_cast<std::uint8_t>(random_());
      group[i].last_of_batch = i + 1 == count || i + 1 == count / 2;
      offsets.push_back(body.size());
      AppendEntry(body, group[i].kind, group[i].key, group[i].value);
    }
    for (std::size_t i = 0; i < count; ++i) {
      FinishEntry(std::span(body).subspan(offsets[i]), {given.size() + i},
                  group[i].last_of_batch ? LastOfBatch::kYes : LastOfBatch::kNo);
    }
    if (!log->Fits(body.size()) || log->NeedsExtend()) {
      // Once more, as the ledger does after a while, if the disk is full.
      Status extended = log->Extend(body.size());
      if (!extended && !log->Fits(body.size())) extended = log->Extend(body.size());
      if (!log->Fits(body.size())) return extended;
    }
    const std::size_t half = random_() % (body.size() + 1);
    const std::vector<BytesView> parts = {BytesView(body).first(half),
                                          BytesView(body).subspan(half)};
    // Given even if the call fails: the record may be on the disk all the same.
    const LogPosition expected = log->end();
    for (std::size_t i = 0; i < count; ++i) {
      group[i].position = expected + kRecordHeaderBytes + offsets[i];
    }
    const LeafIndex first{given.size()};
    given.insert(given.end(), group.begin(), group.end());
    time_us += static_cast<std::int64_t>(random_() % 1000) - 200;
    const auto position = log->Append(
        {.first = first, .count = static_cast<std::uint32_t>(count), .time_us = time_us}, parts);
    if (!position) return position.error();
    EXPECT_EQ(*position, expected);
    return {};
  }

  Status Sync() {
    const auto synced = log->Sync();
    if (!synced) return synced.error();
    EXPECT_EQ(*synced, log->end());
    promised = given.size();
    return {};
  }

  Status Seal() {
    if (!log->Fits(0)) {
      if (Status status = log->Extend(0); !status) return status;
    }
    const auto sealed = log->AppendSeal({given.size()}, time_us, {});
    if (!sealed) return sealed.error();
    return {};
  }

  // Does `steps` random things; ends at the first failure.
  Status Work(int steps) {
    for (int i = 0; i < steps; ++i) {
      Status status = Append();
      if (status && random_() % 3 == 0) status = Sync();
      if (status && random_() % 6 == 0) status = Seal();
      if (status && random_() % 8 == 0) {  // What a checkpoint would know.
        status = Sync();
        if (status) options.known_durable_end = log->durable_end();
      }
      if (!status) return status;
    }
    return {};
  }

  // Checks by reading single entries that everything given can be read.
  void ExpectReadable() const {
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto entry = log->ReadEntry(given[i].position, {i}, i % 2 == 0 ? 4096 : 64);
      ASSERT_TRUE(entry.has_value()) << i << ": " << entry.error().message;
      EXPECT_TRUE(entry->key == given[i].key && entry->value == given[i].value &&
                  entry->kind == given[i].kind && entry->last_of_batch == given[i].last_of_batch)
          << "entry " << i;
    }
  }

  io::MemoryFileSystem files;
  std::unique_ptr<Log> log;
  OpenOptions options;
  std::vector<Given> given;
  std::size_t promised = 0;
  std::int64_t time_us = 1'600'000'000'000'000;
  std::optional<Damage> damage;

 private:
  static void Show(LogPosition at, const RecordHeader& header, BytesView body,
                   std::vector<Given>& shown) {
    std::size_t offset = kRecordHeaderBytes;
    for (std::uint32_t i = 0; i < header.count; ++i) {
      const auto entry =
          DecodeEntry(body.subspan(offset - kRecordHeaderBytes), {header.first.value + i});
      if (!entry) {  // A damaged value is shown, if the rest of its entry is intact.
        offset += FramedBytes(body.subspan(offset - kRecordHeaderBytes));
        continue;
      }
      // Behind damage, indexes may be missing.
      if (shown.size() < header.first.value + i + 1) shown.resize(header.first.value + i + 1);
      shown[header.first.value + i] = {.kind = entry->kind,
                                       .last_of_batch = entry->last_of_batch,
                                       .key = Bytes(entry->key.begin(), entry->key.end()),
                                       .value = Bytes(entry->value.begin(), entry->value.end()),
                                       .position = at + offset};
      offset += entry->framed_bytes;
    }
  }

  std::mt19937_64 random_;
};

}  // namespace immudb::log
