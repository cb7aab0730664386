#include "ledger/offset_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "io/memory_file_system.h"

namespace immudb::ledger {
namespace {

constexpr char kPath[] = "offsets";
constexpr log::LedgerId kLedger = {{1, 2, 3}};

std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("IMMUDB_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

std::vector<std::uint64_t> MakePositions(std::size_t count) {
  std::vector<std::uint64_t> positions(count);
  for (std::size_t i = 0; i < count; i++) positions[i] = 0x0102030405060700 + i * 1000;
  return positions;
}

class OffsetStoreTest : public testing::Test {
 protected:
  Result<std::unique_ptr<OffsetStore>> TryOpen(std::uint64_t checkpoint) {
    return OffsetStore::Open(files_, kPath, cache_, kLedger, {checkpoint});
  }
  std::unique_ptr<OffsetStore> Open(std::uint64_t checkpoint) {
    Result<std::unique_ptr<OffsetStore>> store = TryOpen(checkpoint);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }

  void Grow(OffsetStore& store, std::uint64_t size) {
    while (store.size().value < size) {
      const std::uint64_t count = std::min(1 + random_() % 1200, size - store.size().value);
      store.Append(std::span(positions_).subspan(store.size().value, count));
    }
  }

  void ExpectAll(const OffsetStore& store) {
    for (std::uint64_t i = 0; i < store.size().value; i++) {
      const Result<std::uint64_t> position = store.Read({i});
      ASSERT_TRUE(position.has_value()) << position.error().message;
      ASSERT_EQ(*position, positions_[i]) << i;
      const OffsetStore::Span span = store.ReadSpan({i}, store.size()).value();
      ASSERT_EQ(span.position, positions_[i]) << i;
      const bool has_next = i + 1 < store.size().value && (i + 1) % kOffsetsPerPage != 0;
      ASSERT_EQ(span.bytes_max.has_value(), has_next) << i;
      if (has_next) {
        ASSERT_EQ(*span.bytes_max, 1000u);
      }
    }
  }

  static constexpr std::uint64_t kSize = kOffsetsPerPage * 5 + 17;
  const std::vector<std::uint64_t> positions_ = MakePositions(kSize);
  io::MemoryFileSystem files_{Seed()};
  io::BlockCache cache_{1u << 20};
  std::mt19937_64 random_{Seed()};
};

TEST_F(OffsetStoreTest, WhatWasAppendedIsReadBeforeAndAfterItIsWritten) {
  SCOPED_TRACE(Seed());
  const std::unique_ptr<OffsetStore> store = Open(0);
  for (const std::uint64_t size :
       {std::uint64_t{1}, kOffsetsPerPage - 1, kOffsetsPerPage, kOffsetsPerPage + 1, kSize}) {
    Grow(*store, size);
    ExpectAll(*store);
    ASSERT_TRUE(store->WriteBack({size}).has_value());
    ExpectAll(*store);
  }
  EXPECT_EQ(store->memory_bytes(), kPageBytes);
  EXPECT_EQ(store->file_bytes(), 6 * kPageBytes);
  EXPECT_EQ(files_.ReadAll(kPath)->size(), 6 * kPageBytes);
}

TEST_F(OffsetStoreTest, ReopenedAtAnyCheckpointItGoesOnFromTheWholePageBelow) {
  SCOPED_TRACE(Seed());
  {
    const std::unique_ptr<OffsetStore> store = Open(0);
    Grow(*store, kSize);
    ASSERT_TRUE(store->WriteBack({kSize}).has_value());
    ASSERT_TRUE(store->Sync().has_value());
  }
  for (std::uint64_t checkpoint = 0; checkpoint <= kSize; checkpoint += 1 + random_() % 100) {
    const std::unique_ptr<OffsetStore> store = Open(checkpoint);
    ASSERT_EQ(store->covered().value, checkpoint / kOffsetsPerPage * kOffsetsPerPage);
    ASSERT_EQ(store->size(), store->covered());
    ExpectAll(*store);
    Grow(*store, kSize);
    ExpectAll(*store);
  }
}

TEST_F(OffsetStoreTest, TryReadNeverReadsTheFile) {
  const std::unique_ptr<OffsetStore> store = Open(0);
  Grow(*store, kSize);
  EXPECT_EQ(store->TryRead({3}).value(), positions_[3]);
  ASSERT_TRUE(store->WriteBack({kSize}).has_value());
  EXPECT_EQ(store->TryRead({3}).error().code, Code::kUnavailable);
  EXPECT_EQ(store->Read({3}).value(), positions_[3]);
  EXPECT_EQ(store->TryRead({4}).value(), positions_[4]);
  EXPECT_EQ(store->TryRead({kSize - 1}).value(), positions_[kSize - 1]);
}

TEST_F(OffsetStoreTest, EveryChangedByteIsDetectedByTheReadersOfItsPage) {
  constexpr std::uint64_t kEntries = 2 * kOffsetsPerPage;
  {
    const std::unique_ptr<OffsetStore> store = Open(0);
    Grow(*store, kEntries);
    ASSERT_TRUE(store->WriteBack({kEntries}).has_value());
  }
  for (std::size_t at = 0; at < 3 * kPageBytes; at++) {
    const auto mask = static_cast<std::uint8_t>(1u << (at % 8));
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask).has_value());
    const Result<std::unique_ptr<OffsetStore>> store = TryOpen(kEntries);
    if (at < kPageBytes) {
      ASSERT_FALSE(store.has_value()) << at;
      ASSERT_EQ(store.error().code, Code::kCorrupted) << at;
    } else {
      const std::uint64_t damaged = at / kPageBytes - 1;
      ASSERT_EQ((*store)->Read({damaged * kOffsetsPerPage}).error().code, Code::kCorrupted) << at;
      const std::uint64_t whole = 1 - damaged;
      ASSERT_EQ((*store)->Read({whole * kOffsetsPerPage}).value(),
                positions_[whole * kOffsetsPerPage]);
    }
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask).has_value());
  }
}

TEST_F(OffsetStoreTest, TheFileSaysWhatItIs) {
  const std::unique_ptr<OffsetStore> store = Open(0);
  Grow(*store, kSize);
  ASSERT_TRUE(store->WriteBack({kSize}).has_value());
  EXPECT_TRUE(TryOpen(kSize).has_value());
  const Bytes bytes = files_.ReadAll(kPath).value();
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), "immuOFFS");
}

TEST_F(OffsetStoreTest, OneAppenderOneMaintainerAndManyReadersWorkAtTheSameTime) {
  SCOPED_TRACE(Seed());
  const std::unique_ptr<OffsetStore> store = Open(0);
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::uint64_t reader = 0; reader < 3; reader++) {
    threads.emplace_back([&, reader] {
      std::mt19937_64 random(Seed() + reader);
      std::uint64_t size = 0;
      while (size < kSize) {
        size = published.load(std::memory_order_acquire);
        if (size == 0) continue;
        const std::uint64_t index = reader == 0 ? size - 1 : random() % size;
        if (store->Read({index}).value_or(0) != positions_[index]) wrong++;
      }
    });
  }
  threads.emplace_back([&] {
    std::uint64_t size = 0;
    while (size < kSize) {
      size = published.load(std::memory_order_acquire);
      if (!store->WriteBack({size})) wrong++;
    }
  });
  while (store->size().value < kSize) {
    Grow(*store, std::min(kSize, store->size().value + 1 + random_() % 5));
    published.store(store->size().value, std::memory_order_release);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0u);
  ExpectAll(*store);
}

}  // namespace
}  // namespace immudb::ledger
