// The roles of KeyIndex at work together; most useful under the tsan preset.

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "index/test_support.h"

namespace immudb::index {
namespace {

constexpr std::uint64_t kEntries = 60'000;
constexpr std::uint64_t kKeys = 4'000;

std::string KeyOf(std::uint64_t index) {
  const std::string digits = std::to_string(index % kKeys);
  return "key " + std::string(4 - digits.size(), '0') + digits;
}

std::optional<std::uint64_t> NewestOf(std::uint64_t key, std::uint64_t size) {
  if (key >= size) return std::nullopt;
  return key + (size - 1 - key) / kKeys * kKeys;
}

// What the threads share.
struct Shared {
  std::atomic<std::uint64_t> published{0};
  std::atomic<std::uint64_t> frozen{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> reads{0};
  std::atomic<std::uint64_t> merges{0};
  std::atomic<std::uint64_t> steps{0};
  Mutex maintaining;  // Held in the maintainer's role.
  bool done() const { return published.load() == kEntries; }
  bool failed() const { return errors.load() > 0; }
};

void WriteAll(KeyIndex& index, Shared& shared) {
  for (std::uint64_t i = 0; i < kEntries;) {
    std::vector<std::string> keys;
    std::vector<NewVersion> group;
    const std::uint64_t end = std::min(kEntries, i + 1 + i % 90);
    for (std::uint64_t j = i; j < end; j++) keys.push_back(KeyOf(j));
    for (; i < end; i++) {
      group.push_back(
          {AsBytes(keys[group.size()]), LeafIndex{i}, static_cast<std::uint8_t>(i % 3)});
    }
    index.Add(group);
    shared.published.store(i, std::memory_order_release);
    if (i - shared.frozen.load() > 9'000 || i == kEntries) {
      // One run for each part that is frozen, so that there is something to merge however the
      // threads are scheduled.
      while (!shared.failed() && index.covered().value < shared.frozen.load()) {
        std::this_thread::yield();
      }
      index.Freeze(TreeSize{i});
      shared.frozen.store(i);
    }
  }
}

void SortMemory(KeyIndex& index, Shared& shared) {
  while (!shared.done()) {
    index.MergeMemory();
    std::this_thread::yield();
  }
}

void Maintain(KeyIndex& index, Shared& shared) {
  while (!shared.failed() && index.covered().value < kEntries) {
    if (index.covered().value < shared.frozen.load()) {
      const MutexLock lock(shared.maintaining);
      shared.errors += !index.WriteFrozen() || !index.Install();
    }
    std::this_thread::yield();
  }
}

// Small steps, so that runs are written and installed between them. Ends once everything is in runs
// and nothing is left to merge.
void MergeRuns(KeyIndex& index, Shared& shared) {
  for (;;) {
    const bool is_last = shared.failed() || index.covered().value == kEntries;
    auto merge = index.StartMerge();
    if (merge == nullptr) {
      if (is_last) return;
      std::this_thread::yield();
      continue;
    }
    Result<bool> complete = false;
    while (complete && !*complete) {
      complete = merge->Step(16u << 10);
      shared.steps++;
    }
    shared.errors += !complete;
    if (!complete) continue;
    const MutexLock lock(shared.maintaining);
    index.Adopt(std::move(merge));
    shared.errors += !index.Install();
    shared.merges++;
  }
}

bool FindIsRight(KeyIndex& index, std::uint64_t key, std::uint64_t size) {
  const auto found = index.Find(AsBytes(KeyOf(key)), TreeSize{size});
  if (!found) return false;
  const auto expected = NewestOf(key, size);
  return found->has_value() == expected.has_value() &&
         (!*found || (*found)->index.value == *expected);
}

bool ScanIsRight(KeyIndex& index, std::uint64_t key, std::uint64_t size) {
  ScanCursor cursor = index.Scan(TreeSize{size});
  const std::uint64_t keys = std::min(size, kKeys);
  if (!cursor.Seek(AsBytes(KeyOf(key)))) return false;
  for (std::uint64_t k = key; k < std::min(keys, key + 5); k++) {
    if (!cursor.valid() || AsText(cursor.key()) != KeyOf(k)) return false;
    if (cursor.version().index.value != *NewestOf(k, size)) return false;
    if (!cursor.Next()) return false;
  }
  return true;
}

bool VersionsAreRight(KeyIndex& index, std::uint64_t key, std::uint64_t size) {
  VersionCursor cursor =
      index.Versions(AsBytes(KeyOf(key)), LeafIndex{0}, VersionOrder::kOldestFirst, TreeSize{size});
  for (std::uint64_t i = key; i < size; i += kKeys) {
    const auto version = cursor.Next();
    if (!version || !*version || (*version)->index.value != i) return false;
  }
  const auto end = cursor.Next();
  return end && !*end;
}

void ReadUntilDone(KeyIndex& index, Shared& shared, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (bool last = false; !last;) {
    last = shared.done();
    const std::uint64_t size = shared.published.load(std::memory_order_acquire);
    const std::uint64_t older = random() % (size + 1);
    for (int i = 0; i < 20; i++) shared.errors += !FindIsRight(index, random() % kKeys, size);
    shared.errors += !FindIsRight(index, random() % kKeys, older);
    shared.errors += !ScanIsRight(index, random() % kKeys, random() % 2 == 0 ? size : older);
    shared.errors += !VersionsAreRight(index, random() % kKeys, size);
    shared.reads++;
  }
}

TEST(KeyIndexThreadsTest, ReadersSeeTheirSnapshotWhateverTheOthersDo) {
  const TestSeed seed;
  io::MemoryFileSystem files;
  TestIndex index(files, 256 * 1024);
  ASSERT_TRUE(index.Open());
  Shared shared;
  {
    std::jthread writer([&] { WriteAll(*index, shared); });
    std::jthread sorter([&] { SortMemory(*index, shared); });
    std::jthread maintainer([&] { Maintain(*index, shared); });
    std::jthread merger([&] { MergeRuns(*index, shared); });
    std::jthread first([&] { ReadUntilDone(*index, shared, seed.value()); });
    std::jthread second([&] { ReadUntilDone(*index, shared, seed.value() + 1); });
  }
  EXPECT_EQ(shared.errors.load(), 0u);
  EXPECT_GT(shared.reads.load(), 1u);
  EXPECT_GT(shared.merges.load(), 0u);
  EXPECT_GT(shared.steps.load(), shared.merges.load());
  EXPECT_EQ(index->covered().value, kEntries);
  EXPECT_EQ(index->memory_bytes(), 0u);
}

}  // namespace
}  // namespace immudb::index
