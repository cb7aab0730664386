#include "ledger/snapshot.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <numeric>

#include "base/error.h"
#include "base/hex.h"
#include "ledger/opening.h"
#include "ledger/restore.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

constexpr char kTarget[] = "restored";
constexpr std::size_t kChunkBytes = kSnapshotManifestBytesMax;
constexpr std::int64_t kTakenUs = 1'700'000'000'000'000;

class SnapshotTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
    for (int i = 0; i < 40; i++) {
      ASSERT_TRUE(world_.Set("key" + std::to_string(i % 7), "value" + std::to_string(i)));
      if (i != 20) continue;
      ASSERT_TRUE(world_.ledger->Checkpoint());
    }
  }

  std::unique_ptr<SnapshotSource> Source(const TreeHead& head) {
    auto source = SnapshotSource::Open(world_.files, kTestDirectory, head, kTakenUs);
    EXPECT_TRUE(source) << source.error().message;
    return source ? *std::move(source) : nullptr;
  }

  // All bytes of a snapshot; `meanwhile` is called before each piece.
  static Bytes ReadAll(
      SnapshotSource& source, const std::function<void()>& meanwhile = [] {}) {
    Bytes all;
    for (;;) {
      meanwhile();
      const Result<Bytes> piece = source.Read(kChunkBytes);
      EXPECT_TRUE(piece);
      EXPECT_LE(piece->size(), kChunkBytes);
      if (!piece || piece->empty()) return all;
      all.insert(all.end(), piece->begin(), piece->end());
    }
  }

  Result<SnapshotManifest> Restore(BytesView snapshot, std::size_t piece_bytes = 1000,
                                   Restoration::CheckManifest check = nullptr) {
    IMMUDB_ASSIGN(const auto restoration,
                  Restoration::Begin(world_.files, random_, kTarget, std::move(check)));
    while (!snapshot.empty()) {
      const std::size_t now = std::min(piece_bytes, snapshot.size());
      IMMUDB_TRY(restoration->Write(snapshot.first(now)));
      snapshot = snapshot.subspan(now);
    }
    return restoration->Finish();
  }

  bool TargetExists() { return *world_.files.Exists(kTarget); }

  // Opens what was restored, in an engine of its own, and compares it.
  void ExpectRestored(const TreeHead& head, const std::string& key, const std::string& value) {
    ManualExecutor executor;
    const auto engine = MakeEngine({}, {.files = world_.files,
                                        .clock = world_.clock,
                                        .random = random_,
                                        .committers = executor,
                                        .syncers = executor,
                                        .maintenance = executor,
                                        .merges = executor});
    const auto opened = engine->OpenLedger(kTarget);
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(*(*opened)->Head(), head);
    EXPECT_TRUE((*opened)->statistics().accepts_writes);
    EXPECT_EQ((*opened)->origin(), "test");
    EXPECT_EQ(AsString((*opened)->Get(AsBytes(key))->value), value);
    ASSERT_TRUE((*opened)->Close());
  }

  SteppedWorld world_;
  crypto::SeededRandom random_{TestSeed(3)};
};

TEST_F(SnapshotTest, AnySizeCanBeCopiedAndRestoredWithItsRoot) {
  std::vector<TreeHead> heads;
  for (std::uint64_t size = 1; size <= 40; size += 13) {
    const Result<EntryProof> proof = world_.ledger->Prove({size - 1}, {size}, std::nullopt);
    ASSERT_TRUE(proof);
    heads.push_back(proof->inclusion.head);
  }
  heads.push_back(*world_.ledger->Head());
  for (const TreeHead& head : heads) {
    const std::uint64_t newest = head.size.value - 1;
    const Bytes snapshot = ReadAll(*Source(head));
    for (const std::size_t piece_bytes : {std::size_t{1}, std::size_t{1000}, snapshot.size()}) {
      const Result<SnapshotManifest> restored = Restore(snapshot, piece_bytes);
      ASSERT_TRUE(restored) << restored.error().message;
      EXPECT_EQ(restored->head, head);
      EXPECT_EQ(restored->taken_us, kTakenUs);
      ExpectRestored(head, "key" + std::to_string(newest % 7), "value" + std::to_string(newest));
      ASSERT_TRUE(RemoveTree(world_.files, kTarget));
    }
  }
}

TEST_F(SnapshotTest, AnEmptyLedgerCanBeCopied) {
  SteppedWorld empty;
  ASSERT_TRUE(empty.Create() && empty.Open());
  const TreeHead head = *empty.ledger->Head();
  auto source = SnapshotSource::Open(empty.files, kTestDirectory, head, kTakenUs);
  ASSERT_TRUE(source);
  const Result<SnapshotManifest> restored = Restore(ReadAll(**source));
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->head, head);
}

TEST_F(SnapshotTest, WritersGoOnAndAreNotInIt) {
  const TreeHead head = *world_.ledger->Head();
  const auto source = Source(head);
  int number = 0;
  const Bytes snapshot = ReadAll(*source, [this, &number] {
    ASSERT_TRUE(world_.Set("meanwhile" + std::to_string(number), std::string(10'000, 'x')));
    if (++number % 2 != 0) return;
    ASSERT_TRUE(world_.ledger->Checkpoint());
  });
  EXPECT_EQ(snapshot.size(),
            EncodeSnapshotManifest(source->manifest()).size() + source->manifest().log_bytes);
  ASSERT_TRUE(Restore(snapshot));
  ExpectRestored(head, "key4", "value39");
}

TEST_F(SnapshotTest, ACopySpansSegmentsAndRecoveries) {
  for (int life = 0; life < 3; life++) {
    for (int i = 0; i < 5; i++) ASSERT_TRUE(world_.Set("key", "life" + std::to_string(life)));
    world_.Kill();
    ASSERT_TRUE(world_.Open());
  }
  ASSERT_GT(world_.files.List("ledger/log")->size(), 1u);
  const TreeHead head = *world_.ledger->Head();
  ASSERT_TRUE(Restore(ReadAll(*Source(head))));
  ExpectRestored(head, "key", "life2");
}

TEST_F(SnapshotTest, EveryChangedOrMissingByteIsRefusedAndNothingAppears) {
  const Bytes snapshot = ReadAll(*Source(*world_.ledger->Head()));
  for (std::size_t at = 0; at < snapshot.size(); at += at < 400 ? 1 : 11) {
    Bytes changed = snapshot;
    changed[at] ^= 1;
    EXPECT_FALSE(Restore(changed)) << at;
    EXPECT_FALSE(TargetExists()) << at;
  }
  for (std::size_t size = 0; size < snapshot.size(); size += 37) {
    EXPECT_FALSE(Restore(BytesView(snapshot).first(size))) << size;
    EXPECT_FALSE(TargetExists()) << size;
  }
  Bytes longer = snapshot;
  longer.push_back(0);
  EXPECT_EQ(Restore(longer).error().code, Code::kCorrupted);
  EXPECT_FALSE(TargetExists());
}

TEST_F(SnapshotTest, AManifestWithAnotherRootOrSizeIsRefused) {
  const TreeHead head = *world_.ledger->Head();
  for (const int change : {0, 1, 2}) {
    const auto source = Source(head);
    SnapshotManifest manifest = source->manifest();
    if (change == 0) manifest.head.root[3] ^= 1;
    if (change == 1) ++manifest.head.size.value;
    if (change == 2) --manifest.head.size.value;
    Bytes snapshot = EncodeSnapshotManifest(manifest);
    ASSERT_FALSE(source->Read(kChunkBytes)->empty());  // The right manifest.
    const Bytes log = ReadAll(*source);
    snapshot.insert(snapshot.end(), log.begin(), log.end());
    EXPECT_EQ(Restore(snapshot).error().code, Code::kCorrupted) << change;
    EXPECT_FALSE(TargetExists());
  }
}

TEST_F(SnapshotTest, WhoeverRestoresMayRefuseAManifestBeforeAnythingIsWritten) {
  const auto source = Source(*world_.ledger->Head());
  source->Sign({1, 2, 3}, {4, 5});
  const Bytes snapshot = ReadAll(*source);
  const Result<SnapshotManifest> refused =
      Restore(snapshot, 1000, [](const SnapshotManifest& manifest) -> Status {
        EXPECT_EQ(manifest.public_key, (Bytes{1, 2, 3}));
        EXPECT_EQ(manifest.signature, (Bytes{4, 5}));
        return Error{Code::kTampered, "not signed by whom it should be"};
      });
  EXPECT_EQ(refused.error().code, Code::kTampered);
  EXPECT_FALSE(*world_.files.Exists("restored.restoring"));
}

TEST_F(SnapshotTest, NothingThatExistsIsReplaced) {
  const Bytes snapshot = ReadAll(*Source(*world_.ledger->Head()));
  ASSERT_TRUE(Restore(snapshot));
  EXPECT_EQ(Restore(snapshot).error().code, Code::kExists);
}

TEST_F(SnapshotTest, ASizeThatIsNoEndOfARecordIsRefused) {
  WriteBatch batch = BatchOf({{"a", "1"}, {"b", "2"}});
  ASSERT_TRUE(world_.Commit(std::move(batch)));
  const auto source = SnapshotSource::Open(world_.files, kTestDirectory, {.size = {41}}, kTakenUs);
  EXPECT_EQ(source.error().code, Code::kCorrupted);
}

// Whatever a restoration is cut short by, the folder is whole or not there, and another one works.
class RestorationFaultTest
    : public SnapshotTest,
      public ::testing::WithParamInterface<std::tuple<io::Fault, io::CrashPolicy>> {};

TEST_P(RestorationFaultTest, AFailureAtAnyCallLeavesAWholeFolderOrNone) {
  const auto [fault, policy] = GetParam();
  const TreeHead head = *world_.ledger->Head();
  const Bytes snapshot = ReadAll(*Source(head));
  ASSERT_TRUE(world_.Close());
  const auto start = world_.files.TakeSnapshot();
  const std::uint64_t before = world_.files.operations();
  ASSERT_TRUE(Restore(snapshot, kChunkBytes));
  const std::uint64_t operations = world_.files.operations() - before;
  std::uint64_t whole = 0;
  for (std::uint64_t n = 0; n < operations; n++) {
    world_.files.Restore(start);
    world_.files.FailAt(world_.files.operations() + n, fault);
    const Result<SnapshotManifest> restored = Restore(snapshot, kChunkBytes);
    world_.files.Crash(policy, n);
    EXPECT_TRUE(TargetExists() || !restored) << n;
    if (TargetExists()) {
      ++whole;
    } else {
      const Result<SnapshotManifest> again = Restore(snapshot, kChunkBytes);
      ASSERT_TRUE(again) << n << ": " << again.error().message;
    }
    ExpectRestored(head, "key4", "value39");
    if (HasFatalFailure()) return;
  }
  std::printf("%llu cases, in %llu of them the folder was there\n",
              static_cast<unsigned long long>(operations), static_cast<unsigned long long>(whole));
}

INSTANTIATE_TEST_SUITE_P(
    AllFaults, RestorationFaultTest,
    ::testing::Combine(::testing::Values(io::Fault::kIoError, io::Fault::kNoSpace,
                                         io::Fault::kShortWrite, io::Fault::kPowerLoss),
                       ::testing::Values(io::CrashPolicy::kKeepAll, io::CrashPolicy::kDropAll,
                                         io::CrashPolicy::kRandom)));

// The block ```hex snapshot of docs/formats/snapshot.md.
std::string ReadExample() {
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/snapshot.md");
  std::string hex;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = line == "```hex snapshot";
    } else if (inside) {
      std::copy_if(line.begin(), line.end(), std::back_inserter(hex),
                   [](char c) { return c != ' '; });
    }
  }
  return hex;
}

TEST(SnapshotManifestTest, ItIsAsItsPageShows) {
  SnapshotManifest manifest{.meta = {.created_us = 1'600'000'000'000'000, .origin = "example"},
                            .head = {.size = {3}},
                            .log_bytes = 208,
                            .taken_us = 1'700'000'000'000'000,
                            .public_key = {0x0a, 0x0b},
                            .signature = {0x0c}};
  std::iota(manifest.meta.ledger.bytes.begin(), manifest.meta.ledger.bytes.end(), std::uint8_t{0});
  manifest.head.root.fill(0xab);
  const Bytes bytes = EncodeSnapshotManifest(manifest);
  EXPECT_EQ(ToHex(bytes), ReadExample());
  const Result<SnapshotManifest> decoded = DecodeSnapshotManifest(bytes);
  ASSERT_TRUE(decoded) << decoded.error().message;
  EXPECT_EQ(*decoded, manifest);
}

// The block with the statement in docs/formats/snapshot.md.
TEST(SnapshotManifestTest, WhatIsSignedIsAsItsPageShows) {
  SnapshotManifest manifest{.meta = {.origin = "example"},
                            .head = {.size = {3}},
                            .log_bytes = 208,
                            .taken_us = 1'700'000'000'000'000};
  std::iota(manifest.meta.ledger.bytes.begin(), manifest.meta.ledger.bytes.end(), std::uint8_t{0});
  manifest.head.root.fill(0xab);
  std::ifstream file(std::string(IMMUDB_SOURCE_DIR) + "/docs/formats/snapshot.md");
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find("```\n" + SnapshotStatement(manifest) + "\n```"), std::string::npos)
      << SnapshotStatement(manifest);
}

TEST_F(SnapshotTest, AnEarlierRootThatIsRequiredHasToBeThere) {
  const TreeHead head = *world_.ledger->Head();
  const Bytes snapshot = ReadAll(*Source(head));
  for (const bool is_right : {false, true}) {
    TreeHead earlier{.size = {20}, .root = *world_.ledger->Node(0, 0, {1})};
    if (is_right) earlier = {.size = {1}, .root = *world_.ledger->Node(0, 0, {1})};
    const auto restoration = Restoration::Begin(world_.files, random_, kTarget, nullptr);
    ASSERT_TRUE(restoration);
    ASSERT_TRUE((*restoration)->Write(snapshot));
    (*restoration)->Require({earlier, "somebody"});
    const auto finished = (*restoration)->Finish();
    EXPECT_EQ(finished.has_value(), is_right);
    EXPECT_EQ(TargetExists(), is_right);
  }
}

TEST(SnapshotManifestTest, EveryChangedByteIsNoticed) {
  const Bytes bytes =
      EncodeSnapshotManifest({.meta = {.origin = "o"}, .head = {.size = {1}}, .log_bytes = 104});
  ASSERT_TRUE(DecodeSnapshotManifest(bytes));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes changed = bytes;
      changed[at] ^= static_cast<std::uint8_t>(1 << bit);
      EXPECT_FALSE(DecodeSnapshotManifest(changed)) << at;
    }
  }
}

}  // namespace
}  // namespace immudb::ledger
