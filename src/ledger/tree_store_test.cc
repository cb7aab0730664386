#include "ledger/tree_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "io/memory_file_system.h"
#include "merkle/hasher.h"
#include "merkle/proofs.h"
#include "merkle/reference_tree.h"
#include "merkle/verify.h"

namespace immudb::ledger {
namespace {

using merkle::NodeId;
using merkle::reference::Leaves;
using merkle::reference::MakeLeaves;
using merkle::reference::ReferenceNodes;

constexpr char kPath[] = "tree";
constexpr log::LedgerId kLedger = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

std::uint64_t Seed() {
  static const std::uint64_t seed = [] {
    const char* const given = std::getenv("IMMUDB_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
  }();
  return seed;
}

class TreeStoreTest : public testing::Test {
 protected:
  Result<std::unique_ptr<TreeStore>> TryOpen(std::uint64_t checkpoint) {
    return TreeStore::Open(files_, kPath, cache_, kLedger, {checkpoint});
  }
  std::unique_ptr<TreeStore> Open(std::uint64_t checkpoint) {
    Result<std::unique_ptr<TreeStore>> store = TryOpen(checkpoint);
    EXPECT_TRUE(store.has_value()) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }
  Code OpenError(std::uint64_t checkpoint) {
    const Result<std::unique_ptr<TreeStore>> store = TryOpen(checkpoint);
    EXPECT_FALSE(store.has_value());
    return store ? Code::kClosed : store.error().code;
  }

  // Appends the leaves from the store's size up to `size`, in pieces of random length.
  void Grow(TreeStore& store, Leaves leaves, std::uint64_t size) {
    while (store.size().value < size) {
      const std::uint64_t length = 1 + random_() % (random_() % 4 == 0 ? 1000 : 70);
      const std::uint64_t count = std::min(length, size - store.size().value);
      store.Append(leaves.subspan(store.size().value, count));
    }
  }

  // Writes a file with the pages of `size` leaves, durably.
  void WriteFile(Leaves leaves, std::uint64_t size) {
    const std::unique_ptr<TreeStore> store = Open(0);
    Grow(*store, leaves, size);
    ASSERT_TRUE(store->WriteBack({size}).has_value());
    ASSERT_TRUE(store->Sync().has_value());
    ASSERT_TRUE(files_.SyncDirectory(".").has_value());
  }

  io::MemoryFileSystem files_{Seed()};
  io::BlockCache cache_{1u << 20};
  std::mt19937_64 random_{Seed()};
};

// All complete nodes, or `sample` of each level.
void ExpectNodes(const TreeStore& store, const ReferenceNodes& nodes, std::uint64_t size,
                 std::uint64_t sample = UINT64_MAX) {
  for (std::uint8_t level = 0; (size >> level) > 0; level++) {
    const std::uint64_t count = size >> level;
    const std::uint64_t step = std::max<std::uint64_t>(1, count / sample);
    for (std::uint64_t i = 0; i < count; i += step) {
      const Result<Digest> found = store.Read({level, i});
      ASSERT_TRUE(found.has_value()) << found.error().message;
      ASSERT_EQ(*found, nodes.Read({level, i}).value()) << int{level} << " " << i;
    }
    ASSERT_EQ(store.Read({level, count - 1}).value(), nodes.Read({level, count - 1}).value());
  }
}

TEST_F(TreeStoreTest, RootsOfAllSmallSizesAreThoseOfTheRfc) {
  const std::vector<Digest> leaves = MakeLeaves(300);
  const std::unique_ptr<TreeStore> store = Open(0);
  EXPECT_EQ(store->Root(), merkle::EmptyRoot());
  for (std::size_t size = 1; size <= leaves.size(); size++) {
    store->Append({&leaves[size - 1], 1});
    ASSERT_EQ(store->Root(), merkle::reference::TreeHash(Leaves(leaves).first(size))) << size;
  }
}

TEST_F(TreeStoreTest, RootsAndNodesAroundFullPagesOfEveryLevelMatch) {
  SCOPED_TRACE(Seed());
  const std::vector<Digest> leaves = MakeLeaves(262'144 + 65);
  const ReferenceNodes nodes(leaves);
  const std::unique_ptr<TreeStore> store = Open(0);
  for (const std::uint64_t full : {64u, 128u, 4032u, 4096u, 4160u, 8192u, 258'048u, 262'144u}) {
    for (const std::uint64_t size : {full - 1, full, full + 1, full + 64}) {
      if (size < store->size().value) continue;
      Grow(*store, leaves, size);
      ASSERT_EQ(store->size().value, size);
      ASSERT_EQ(store->Root(), merkle::RootAt(nodes, {size}).value()) << size;
      ExpectNodes(*store, nodes, size, 300);
      if (full % 128 == 0) {
        ASSERT_TRUE(store->WriteBack({size}).has_value());
        ExpectNodes(*store, nodes, size, 300);
      }
    }
  }
  Grow(*store, leaves, leaves.size());
  ExpectNodes(*store, nodes, leaves.size());
}

TEST_F(TreeStoreTest, ReopenedAtAnyCheckpointItGoesOnFromTheWholePageBelow) {
  SCOPED_TRACE(Seed());
  constexpr std::uint64_t kSize = 8192 + 150;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  const ReferenceNodes nodes(leaves);
  WriteFile(leaves, kSize);
  const Bytes written = files_.ReadAll(kPath).value();
  for (std::uint64_t checkpoint = 0; checkpoint <= kSize; checkpoint += 1 + random_() % 140) {
    const std::unique_ptr<TreeStore> store = Open(checkpoint);
    ASSERT_EQ(store->covered().value, checkpoint / 64 * 64);
    ASSERT_EQ(store->size(), store->covered());
    ASSERT_EQ(store->Root(), merkle::RootAt(nodes, store->covered()).value()) << checkpoint;
    ExpectNodes(*store, nodes, store->covered().value, 20);
    Grow(*store, leaves, kSize);
    ASSERT_EQ(store->Root(), merkle::RootAt(nodes, {kSize}).value()) << checkpoint;
    ASSERT_TRUE(store->WriteBack({kSize}).has_value());
    ExpectNodes(*store, nodes, kSize, 20);
    ASSERT_EQ(files_.ReadAll(kPath).value(), written);
  }
}

TEST_F(TreeStoreTest, ReopenedBeyondAPageOfTheThirdLevelItStillFindsItsEdge) {
  constexpr std::uint64_t kSize = 262'144 + 4096 + 64;
  const std::vector<Digest> leaves = MakeLeaves(kSize + 10);
  const ReferenceNodes nodes(leaves);
  WriteFile(leaves, kSize);
  for (const std::uint64_t checkpoint : {kSize, kSize - 64, kSize - 4096, std::uint64_t{262'144}}) {
    const std::unique_ptr<TreeStore> store = Open(checkpoint);
    ASSERT_EQ(store->Root(), merkle::RootAt(nodes, {checkpoint}).value());
    Grow(*store, leaves, leaves.size());
    ASSERT_EQ(store->Root(), merkle::RootAt(nodes, {leaves.size()}).value());
    ExpectNodes(*store, nodes, leaves.size(), 100);
  }
}

TEST_F(TreeStoreTest, ProofsFromTheFileVerify) {
  constexpr std::uint64_t kSize = 5000;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  WriteFile(leaves, kSize);
  const std::unique_ptr<TreeStore> store = Open(kSize);
  Grow(*store, leaves, kSize);
  const TreeHead head{{kSize}, store->Root()};
  for (std::uint64_t i = 0; i < kSize; i += 37) {
    EXPECT_TRUE(merkle::VerifyInclusion(
                    {{i}, leaves[i], head, merkle::ProveInclusion(*store, {i}, {kSize}).value()})
                    .has_value());
    const TreeHead older{{i + 1}, merkle::RootAt(*store, {i + 1}).value()};
    EXPECT_TRUE(merkle::VerifyConsistency(
                    older, {older.size, head,
                            merkle::ProveConsistency(*store, older.size, head.size).value()})
                    .has_value());
  }
}

TEST_F(TreeStoreTest, WriteBackWritesWhatIsCompleteBelowTheSizeAndFreesIt) {
  const std::vector<Digest> leaves = MakeLeaves(64 * 70);
  const std::unique_ptr<TreeStore> store = Open(0);
  store->Append(leaves);
  // Pages of 70 * 64 leaves and one of 64 * 64; the pages being filled of levels 0 and 1.
  EXPECT_EQ(store->memory_bytes(), (71 + 3) * kPageBytes);
  EXPECT_EQ(store->file_bytes(), kPageBytes);
  ASSERT_TRUE(store->WriteBack({64 * 3 + 63}).has_value());
  EXPECT_EQ(store->memory_bytes(), (68 + 3) * kPageBytes);
  EXPECT_EQ(files_.ReadAll(kPath)->size(), 4 * kPageBytes);
  ASSERT_TRUE(store->WriteBack({64 * 64}).has_value());
  EXPECT_EQ(files_.ReadAll(kPath)->size(), (1 + 65) * kPageBytes);
  ASSERT_TRUE(store->WriteBack({64 * 64}).has_value());
  ASSERT_TRUE(store->WriteBack({leaves.size()}).has_value());
  EXPECT_EQ(store->memory_bytes(), 3 * kPageBytes);
  EXPECT_EQ(store->file_bytes(), (1 + 71) * kPageBytes);
  ExpectNodes(*store, ReferenceNodes(leaves), leaves.size());
}

TEST_F(TreeStoreTest, AReaderOfMemoryNeverReadsTheFile) {
  const auto read = [](const TreeStore& store, merkle::NodeId node) {
    return TreeReader(store, TreeReader::Access::kMemoryOnly).Read(node);
  };
  const std::vector<Digest> leaves = MakeLeaves(130);
  const std::unique_ptr<TreeStore> store = Open(0);
  store->Append(leaves);
  EXPECT_EQ(read(*store, {0, 5}).value(), leaves[5]);
  ASSERT_TRUE(store->WriteBack({130}).has_value());
  const std::uint64_t operations = files_.operations();
  EXPECT_EQ(read(*store, {0, 5}).error().code, Code::kUnavailable);
  EXPECT_EQ(read(*store, {0, 129}).value(), leaves[129]);
  EXPECT_EQ(files_.operations(), operations);
  EXPECT_EQ(store->Read({0, 5}).value(), leaves[5]);
  EXPECT_EQ(read(*store, {0, 6}).value(), leaves[6]);
  EXPECT_EQ(read(*store, {0, 64}).error().code, Code::kUnavailable);
  EXPECT_EQ(files_.operations(), operations + 1);
}

TEST_F(TreeStoreTest, AReaderKeepsItsPagesWhileTheyAreFilledWrittenAndEvicted) {
  constexpr std::uint64_t kSize = 64 * 64 + 40;
  const std::vector<Digest> leaves = MakeLeaves(2 * kSize);
  const ReferenceNodes nodes(leaves);
  const std::unique_ptr<TreeStore> store = Open(0);
  store->Append(std::span(leaves).first(kSize));
  const TreeReader reader(*store);
  const Path before = merkle::ProveInclusion(reader, {kSize - 1}, {kSize}).value();
  store->Append(std::span(leaves).subspan(kSize));
  ASSERT_TRUE(store->WriteBack({2 * kSize}).has_value());
  const std::uint64_t operations = files_.operations();
  EXPECT_EQ(merkle::ProveInclusion(reader, {kSize - 1}, {kSize}).value(), before);
  EXPECT_EQ(merkle::ProveInclusion(nodes, {kSize - 1}, {kSize}).value(), before);
  EXPECT_LE(files_.operations(), operations + 1);  // One page of each level was pinned.
}

TEST_F(TreeStoreTest, AReaderThatMovesBetweenPagesReadsTheRightOnes) {
  constexpr std::uint64_t kSize = 64 * 64 * 3 + 77;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  const ReferenceNodes nodes(leaves);
  WriteFile(leaves, kSize);
  const std::unique_ptr<TreeStore> store = Open(kSize);
  Grow(*store, leaves, kSize);
  const TreeReader reader(*store);
  for (int i = 0; i < 3000; i++) {
    const auto level = static_cast<std::uint8_t>(random_() % 13);
    const merkle::NodeId node{level, random_() % (kSize >> level)};
    ASSERT_EQ(reader.Read(node).value(), nodes.Read(node).value()) << int{level};
  }
}

TEST_F(TreeStoreTest, PagesThatCouldNotBeWrittenStayReadableAndAreWrittenLater) {
  const std::vector<Digest> leaves = MakeLeaves(64 * 600);
  const ReferenceNodes nodes(leaves);
  for (const io::Fault fault : {io::Fault::kIoError, io::Fault::kNoSpace, io::Fault::kShortWrite}) {
    for (std::uint64_t failing = 0; failing < 3; failing++) {
      const std::unique_ptr<TreeStore> store = Open(0);
      store->Append(leaves);
      files_.FailAt(files_.operations() + failing, fault);
      const Status status = store->WriteBack({leaves.size()});
      ASSERT_FALSE(status.has_value());
      EXPECT_EQ(status.error().code, fault == io::Fault::kNoSpace ? Code::kExhausted : Code::kIo);
      files_.ClearFaults();
      ExpectNodes(*store, nodes, leaves.size(), 700);
      ASSERT_TRUE(store->WriteBack({leaves.size()}).has_value());
      ExpectNodes(*store, nodes, leaves.size(), 700);
      ASSERT_TRUE(store->Sync().has_value());
      ExpectNodes(*Open(leaves.size()), nodes, leaves.size(), 700);
    }
  }
}

TEST_F(TreeStoreTest, AFailedSyncIsReported) {
  const std::unique_ptr<TreeStore> store = Open(0);
  files_.FailAt(files_.operations(), io::Fault::kIoError);
  EXPECT_EQ(store->Sync().error().code, Code::kIo);
}

TEST_F(TreeStoreTest, APowerLossTakesNothingBelowTheCheckpoint) {
  SCOPED_TRACE(Seed());
  const std::vector<Digest> leaves = MakeLeaves(64 * 100);
  const ReferenceNodes nodes(leaves);
  for (int round = 0; round < 30; round++) {
    const std::uint64_t checkpoint = 1 + random_() % (leaves.size() - 1);
    {
      const std::unique_ptr<TreeStore> store = Open(0);
      Grow(*store, leaves, checkpoint);
      ASSERT_TRUE(store->WriteBack({checkpoint}).has_value());
      ASSERT_TRUE(store->Sync().has_value());
      ASSERT_TRUE(files_.SyncDirectory(".").has_value());
      Grow(*store, leaves, leaves.size());
      ASSERT_TRUE(store->WriteBack({leaves.size()}).has_value());
      files_.Crash(io::CrashPolicy::kRandom, random_());
    }
    const std::unique_ptr<TreeStore> store = Open(checkpoint);
    Grow(*store, leaves, leaves.size());
    ASSERT_EQ(store->Root(), merkle::RootAt(nodes, {leaves.size()}).value());
    ExpectNodes(*store, nodes, leaves.size(), 200);
  }
}

TEST_F(TreeStoreTest, EveryChangedBitPatternOfEveryByteIsDetected) {
  constexpr std::uint64_t kSize = 64 * 2;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  WriteFile(leaves, kSize);
  const std::size_t file_bytes = files_.ReadAll(kPath)->size();
  ASSERT_EQ(file_bytes, 3 * kPageBytes);
  for (std::size_t at = 0; at < file_bytes; at++) {
    const auto mask = static_cast<std::uint8_t>(1u << (at % 8));
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask).has_value());
    const std::uint64_t page = at / kPageBytes;
    // Opening reads the header and, for the edge, the roots of both pages.
    ASSERT_EQ(OpenError(kSize), Code::kCorrupted) << at;
    if (page > 0) {
      const std::unique_ptr<TreeStore> store = Open(64 * (page - 1));
      ASSERT_NE(store, nullptr) << at;
    }
    ASSERT_TRUE(files_.Corrupt(kPath, at, mask).has_value());
  }
  ExpectNodes(*Open(kSize), ReferenceNodes(leaves), kSize);
}

TEST_F(TreeStoreTest, ADamagedPageInsideFailsItsReadersOnlyAndIsNamed) {
  constexpr std::uint64_t kSize = 64 * 64;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  WriteFile(leaves, kSize);
  ASSERT_TRUE(files_.Corrupt(kPath, (1 + 7) * kPageBytes + 100, 1).has_value());
  const std::unique_ptr<TreeStore> store = Open(kSize);
  ASSERT_NE(store, nullptr);
  const Result<Digest> damaged = store->Read({0, 64 * 7 + 1});
  ASSERT_FALSE(damaged.has_value());
  EXPECT_EQ(damaged.error().code, Code::kCorrupted);
  EXPECT_EQ(damaged.error().message, "tree: page 7 of level 0, at byte 32768, is damaged");
  EXPECT_EQ(store->Read({0, 64 * 8}).value(), leaves[64 * 8]);
}

TEST_F(TreeStoreTest, APageInAnothersPlaceIsDamage) {
  constexpr std::uint64_t kSize = 64 * 2;
  WriteFile(MakeLeaves(kSize), kSize);
  const Bytes bytes = files_.ReadAll(kPath).value();
  const std::unique_ptr<io::File> file = files_.Open(kPath, io::OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->Write(2 * kPageBytes, BytesView(bytes).subspan(kPageBytes, kPageBytes)));
  EXPECT_EQ(OpenError(kSize), Code::kCorrupted);
  EXPECT_NE(Open(64), nullptr);
}

TEST_F(TreeStoreTest, AFileThatIsMissingShortOrAnotherLedgersIsNotTrusted) {
  constexpr std::uint64_t kSize = 64 * 3;
  EXPECT_EQ(OpenError(64), Code::kNotFound);
  WriteFile(MakeLeaves(kSize), kSize);
  EXPECT_EQ(OpenError(64 * 4), Code::kCorrupted);
  EXPECT_EQ(TreeStore::Open(files_, kPath, cache_, {{9}}, {kSize}).error().code, Code::kCorrupted);
  const std::unique_ptr<io::File> file = files_.Open(kPath, io::OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->Truncate(4 * kPageBytes - 1).has_value());
  EXPECT_EQ(OpenError(kSize), Code::kCorrupted);
  EXPECT_NE(Open(kSize - 64), nullptr);
  ASSERT_TRUE(file->Truncate(100).has_value());
  EXPECT_EQ(OpenError(64), Code::kCorrupted);
}

TEST_F(TreeStoreTest, WhatACrashLeftIsWrittenOverIfNothingOfItIsTrusted) {
  const std::vector<Digest> leaves = MakeLeaves(64 * 3);
  WriteFile(leaves, leaves.size());
  ASSERT_TRUE(files_.Corrupt(kPath, 3, 0xff).has_value());
  ASSERT_TRUE(files_.Corrupt(kPath, 5000, 0xff).has_value());
  WriteFile(leaves, leaves.size());
  ExpectNodes(*Open(leaves.size()), ReferenceNodes(leaves), leaves.size());
}

TEST_F(TreeStoreTest, OneAppenderOneMaintainerAndManyReadersWorkAtTheSameTime) {
  SCOPED_TRACE(Seed());
  constexpr std::uint64_t kSize = 64 * 130;
  const std::vector<Digest> leaves = MakeLeaves(kSize);
  const ReferenceNodes nodes(leaves);
  const std::unique_ptr<TreeStore> store = Open(0);
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
        const std::uint64_t leaf = reader == 0 ? size - 1 : random() % size;
        const Result<Path> path = merkle::ProveInclusion(*store, {leaf}, {size});
        const Result<Digest> root = merkle::RootAt(*store, {size});
        if (!path || !root || *root != merkle::RootAt(nodes, {size}).value() ||
            !merkle::VerifyInclusion({{leaf}, leaves[leaf], {{size}, *root}, *path})) {
          wrong++;
        }
      }
    });
  }
  threads.emplace_back([&] {
    std::uint64_t size = 0;
    while (size < kSize) {
      size = published.load(std::memory_order_acquire);
      if (!store->WriteBack({size}) || !store->Sync()) wrong++;
    }
  });
  while (store->size().value < kSize) {
    const std::uint64_t count = std::min(1 + random_() % 100, kSize - store->size().value);
    store->Append(Leaves(leaves).subspan(store->size().value, count));
    published.store(store->size().value, std::memory_order_release);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong.load(), 0u);
  EXPECT_EQ(store->Root(), merkle::RootAt(nodes, {kSize}).value());
  ExpectNodes(*store, nodes, kSize);
}

}  // namespace
}  // namespace immudb::ledger
