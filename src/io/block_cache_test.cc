#include "io/block_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <random>
#include <thread>

namespace immudb::io {
namespace {

constexpr std::uint64_t kBlocks = 1600;
constexpr std::uint64_t kHot = 200;

// Loads a block whose every byte is derived from its key.
struct Loader {
  BlockKey key;
  std::atomic<int>* loads = nullptr;
  Status operator()(std::span<std::uint8_t> block) const {
    ++*loads;
    std::fill(block.begin(), block.end(),
              static_cast<std::uint8_t>(key.file.value * 7 + key.block));
    return {};
  }
};

TEST(BlockCacheTest, LoadsABlockOnceAndForgetsItWithItsFile) {
  BlockCache cache(1u << 20);
  std::atomic<int> loads{0};
  const CachedFileId first = cache.NewFile();
  const CachedFileId second = cache.NewFile();
  EXPECT_NE(first, second);
  for (int round = 0; round < 3; ++round) {
    for (const CachedFileId file : {first, second}) {
      const BlockKey key{.file = file, .block = 5};
      const auto block = cache.Get(key, Loader{key, &loads});
      ASSERT_TRUE(block.has_value());
      EXPECT_EQ((**block)[100], static_cast<std::uint8_t>(file.value * 7 + 5));
    }
  }
  EXPECT_EQ(loads, 2);
  EXPECT_EQ(cache.hits(), 4u);
  EXPECT_EQ(cache.misses(), 2u);
  EXPECT_EQ(cache.size_bytes(), 2 * kBlockBytes);
  const BlockRef pin = cache.TryGet({.file = first, .block = 5});
  cache.Erase(first);
  EXPECT_EQ(cache.TryGet({.file = first, .block = 5}), nullptr);
  EXPECT_NE(cache.TryGet({.file = second, .block = 5}), nullptr);
  EXPECT_EQ((*pin)[0], static_cast<std::uint8_t>(first.value * 7 + 5));
}

TEST(BlockCacheTest, AFailedLoadIsReturnedAndNotCached) {
  BlockCache cache;
  const BlockKey key{.file = cache.NewFile(), .block = 1};
  const auto failed = cache.Get(key, [](std::span<std::uint8_t>) -> Status {
    return Error{Code::kCorrupted, "bad block"};
  });
  ASSERT_FALSE(failed.has_value());
  EXPECT_EQ(failed.error().code, Code::kCorrupted);
  EXPECT_EQ(cache.TryGet(key), nullptr);
  EXPECT_EQ(cache.size_bytes(), 0u);
}

TEST(BlockCacheTest, KeepsWithinItsBudgetAndPrefersBlocksInUse) {
  BlockCache cache(kBlocks * kBlockBytes);
  std::atomic<int> loads{0};
  const CachedFileId file = cache.NewFile();
  const auto get = [&](std::uint64_t block) {
    const BlockKey key{.file = file, .block = block};
    const auto result = cache.Get(key, Loader{key, &loads});
    ASSERT_TRUE(result.has_value());
    ASSERT_EQ((**result)[0], static_cast<std::uint8_t>(file.value * 7 + block));
  };
  for (std::uint64_t block = 0; block < 20 * kBlocks; ++block) {  // A scan beside a hot set.
    get(kHot + block);
    get(block % kHot);
    ASSERT_LE(cache.size_bytes(), kBlocks * kBlockBytes);
  }
  loads = 0;
  for (std::uint64_t block = 0; block < kHot; ++block) get(block);
  EXPECT_LT(loads, static_cast<int>(kHot / 10));
}

TEST(BlockCacheTest, ErasedSlotsAreUsedAgain) {
  BlockCache cache(64 * kBlockBytes);
  std::atomic<int> loads{0};
  for (int round = 0; round < 50; ++round) {
    const CachedFileId file = cache.NewFile();
    for (std::uint64_t block = 0; block < 100; ++block) {
      const BlockKey key{.file = file, .block = block};
      ASSERT_TRUE(cache.Get(key, Loader{key, &loads}));
    }
    ASSERT_LE(cache.size_bytes(), 64 * kBlockBytes);
    ASSERT_GT(cache.size_bytes(), 0u);
    cache.Erase(file);
    ASSERT_EQ(cache.size_bytes(), 0u);
  }
}

TEST(BlockCacheTest, ManyThreadsSeeEveryBlockAsItWasLoaded) {
  BlockCache cache(128 * kBlockBytes);
  std::atomic<int> loads{0};
  const std::array files = {cache.NewFile(), cache.NewFile(), cache.NewFile()};
  std::vector<std::jthread> threads;
  for (std::uint64_t thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937_64 random(thread);
      for (int i = 0; i < 5000; ++i) {
        const BlockKey key{.file = files[random() % files.size()], .block = random() % 100};
        const auto block = cache.Get(key, Loader{key, &loads});
        ASSERT_TRUE(block.has_value());
        ASSERT_EQ((**block)[random() % kBlockBytes],
                  static_cast<std::uint8_t>(key.file.value * 7 + key.block));
        if (i % 1000 == 0) cache.Erase(files[0]);
      }
    });
  }
}

}  // namespace
}  // namespace immudb::io
