// Every file call of a life of a ledger fails once, in each way, and the power fails afterwards:
// what was acknowledged must be there, with the same roots, and nothing that was never submitted.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

// A small reserve, for it is written in every life.
constexpr EngineOptions kOptions{.reserve_bytes = 16u << 10};
// Segments, checkpoints and merges of runs come often.
constexpr EngineOptions kBusyOptions{
    .log_segment_bytes = 16u << 10, .checkpoint_log_bytes = 8u << 10, .reserve_bytes = 16u << 10};

// What a client knows: what it submitted, what was acknowledged, and the roots it saw.
struct Witness {
  std::vector<std::pair<std::string, std::string>> submitted;
  std::map<std::uint64_t, std::size_t> acknowledged;  // Entry index to position in `submitted`.
  std::vector<TreeHead> heads;

  std::uint64_t size() const { return acknowledged.empty() ? 0 : acknowledged.rbegin()->first + 1; }
};

void Write(SteppedWorld& world, Witness& witness, std::size_t entries) {
  WriteBatch batch;
  const std::size_t first = witness.submitted.size();
  for (std::size_t i = 0; i < entries; i++) {
    const std::string number = std::to_string(first + i);
    witness.submitted.emplace_back("key" + number, "value" + number);
    batch.Set(AsBytes(witness.submitted.back().first), AsBytes(witness.submitted.back().second));
  }
  const Result<CommitResult> result = world.Commit(std::move(batch));
  if (!result) return;
  for (std::size_t i = 0; i < entries; i++) {
    witness.acknowledged[result->first.value + i] = first + i;
  }
  if (const Result<TreeHead> head = world.ledger->Head(); head) witness.heads.push_back(*head);
}

// A life: open, sets, a batch, a checkpoint, more sets, seals, close, open again, sets, close.
// Whatever fails, the client goes on as far as it can.
void Live(SteppedWorld& world, Witness& witness) {
  for (int life = 0; life < 2; life++) {
    if (!world.Open()) return;
    for (int i = 0; i < 3; i++) Write(world, witness, 1);
    Write(world, witness, 5);
    world.Elapse();
    static_cast<void>(world.ledger->Checkpoint());
    for (int i = 0; i < 2; i++) Write(world, witness, 1);
    static_cast<void>(world.Close());
  }
}

// A busy life: more entries than a page of tree and offsets holds, several segments, a checkpoint
// after each batch, and runs that are merged. Returns how often it could write.
void LiveBusily(SteppedWorld& world, Witness& witness) {
  for (int life = 0; life < 2; life++) {
    if (!world.Open()) return;
    for (int i = 0; i < 4; i++) {
      Write(world, witness, 160);
      world.clock.AdvanceMs(3000);  // A checkpoint that failed is tried again.
      world.Elapse();
      Write(world, witness, 1);
    }
    static_cast<void>(world.Close());
  }
}

// Every entry is looked at, or of many every `step`th.
void ExpectPromiseKept(SteppedWorld& world, const Witness& witness, const std::string& what,
                       std::uint64_t step = 1) {
  const Status opened = world.Open();
  ASSERT_TRUE(opened) << what << ": " << opened.error().message;
  const LedgerStatistics statistics = world.ledger->statistics();
  ASSERT_FALSE(statistics.damaged) << what;
  ASSERT_GE(statistics.entries, witness.size()) << what;
  ASSERT_LE(statistics.entries, witness.submitted.size()) << what;
  std::size_t next = 0;
  for (std::uint64_t i = 0; i < statistics.entries; i += step) {
    const Result<Entry> entry = world.ledger->At({i});
    ASSERT_TRUE(entry) << what << ": " << entry.error().message;
    // Entries keep the order in which they were submitted.
    while (next < witness.submitted.size() &&
           witness.submitted[next].first != AsString(entry->key)) {
      next++;
    }
    ASSERT_LT(next, witness.submitted.size()) << what << ": entry " << i << " was never submitted";
    ASSERT_EQ(AsString(entry->value), witness.submitted[next].second) << what;
    const auto acknowledged = witness.acknowledged.find(i);
    if (acknowledged != witness.acknowledged.end()) {
      ASSERT_EQ(acknowledged->second, next) << what << ": another entry has index " << i;
    }
    ASSERT_EQ(world.ledger->Get(entry->key)->index.value, i) << what;
  }
  for (const TreeHead& head : witness.heads) {
    const Result<EntryProof> proof =
        world.ledger->Prove({head.size.value - 1}, head.size, std::nullopt);
    ASSERT_TRUE(proof) << what << ": " << proof.error().message;
    ASSERT_EQ(proof->inclusion.head, head) << what << ": root of size " << head.size.value;
  }
}

// The number of file calls of a life without faults.
std::uint64_t CountOperations() {
  SteppedWorld world;
  EXPECT_TRUE(world.Create());
  const std::uint64_t before = world.files.operations();
  Witness witness;
  Live(world, witness);
  EXPECT_EQ(witness.acknowledged.size(), 20u);
  return world.files.operations() - before;
}

class LedgerFaultTest : public ::testing::TestWithParam<std::tuple<io::Fault, io::CrashPolicy>> {};

TEST_P(LedgerFaultTest, TheFailureOfAnyFileCallBreaksNoPromise) {
  const auto [fault, policy] = GetParam();
  const std::uint64_t seed = TestSeed(7);
  const std::uint64_t operations = CountOperations();
  for (std::uint64_t n = 0; n < operations; n++) {
    const std::string what = "operation " + std::to_string(n) + ", seed " + std::to_string(seed);
    SteppedWorld world(kOptions, seed + n);
    ASSERT_TRUE(world.Create());
    Witness witness;
    world.files.FailAt(world.files.operations() + n, fault);
    Live(world, witness);
    world.Crash(policy, seed + n);
    ExpectPromiseKept(world, witness, what);
    if (HasFatalFailure()) return;
  }
  RecordProperty("cases", static_cast<int>(operations));
  std::printf("%llu cases\n", static_cast<unsigned long long>(operations));
}

INSTANTIATE_TEST_SUITE_P(
    AllFaults, LedgerFaultTest,
    ::testing::Combine(::testing::Values(io::Fault::kIoError, io::Fault::kNoSpace,
                                         io::Fault::kShortWrite, io::Fault::kPowerLoss),
                       ::testing::Values(io::CrashPolicy::kKeepAll, io::CrashPolicy::kDropAll,
                                         io::CrashPolicy::kRandom)));

constexpr std::uint64_t kBusyEntries = 2 * 4 * 161;
constexpr std::uint64_t kBusyStep = 23;

// The number of file calls of a busy life; checks that it is one.
std::uint64_t CountBusyOperations() {
  SteppedWorld world(kBusyOptions);
  EXPECT_TRUE(world.Create());
  const std::uint64_t before = world.files.operations();
  Witness witness;
  LiveBusily(world, witness);
  EXPECT_EQ(witness.acknowledged.size(), kBusyEntries);
  const std::uint64_t operations = world.files.operations() - before;
  std::size_t segments = 0;
  std::size_t runs = 0;
  std::uint64_t newest_run = 0;
  for (const std::string& path : world.files.AllFiles("ledger")) {
    segments += path.ends_with(".seg") ? 1u : 0u;
    if (!path.ends_with(".run")) continue;
    runs++;
    newest_run = std::stoull(path.substr(path.find_last_of('/') + 1));
  }
  EXPECT_GT(segments, 3u);
  EXPECT_GT(newest_run, runs) << "no runs were merged";
  EXPECT_GT(world.files.ReadAll("ledger/tree")->size(), 15u * 4096);
  EXPECT_GE(world.files.ReadAll("ledger/offsets")->size(), 3u * 4096);
  return operations;
}

class LedgerBusyFaultTest
    : public ::testing::TestWithParam<std::tuple<io::Fault, io::CrashPolicy>> {};

TEST_P(LedgerBusyFaultTest, TheFailureOfAnyFileCallBreaksNoPromise) {
  const auto [fault, policy] = GetParam();
  const std::uint64_t seed = TestSeed(13);
  const std::uint64_t operations = CountBusyOperations();
  std::uint64_t cases = 0;
  std::uint64_t refused = 0;
  for (std::uint64_t n = 0; n < operations; n++, cases++) {
    const std::string what = "operation " + std::to_string(n) + ", seed " + std::to_string(seed);
    SteppedWorld world(kBusyOptions, seed + n);
    ASSERT_TRUE(world.Create());
    Witness witness;
    world.files.FailAt(world.files.operations() + n, fault);
    LiveBusily(world, witness);
    refused += witness.acknowledged.size() < kBusyEntries ? 1u : 0u;
    world.Crash(policy, seed + n);
    ExpectPromiseKept(world, witness, what, kBusyStep);
    if (HasFatalFailure()) return;
  }
  std::printf("%llu cases, in %llu of them writes were refused\n",
              static_cast<unsigned long long>(cases), static_cast<unsigned long long>(refused));
}

INSTANTIATE_TEST_SUITE_P(
    AllFaults, LedgerBusyFaultTest,
    ::testing::Values(std::tuple(io::Fault::kIoError, io::CrashPolicy::kDropAll),
                      std::tuple(io::Fault::kNoSpace, io::CrashPolicy::kRandom),
                      std::tuple(io::Fault::kShortWrite, io::CrashPolicy::kRandom),
                      std::tuple(io::Fault::kPowerLoss, io::CrashPolicy::kRandom)));

TEST(LedgerFaultTest, RecoveryItselfMayCrashAtAnyCall) {
  const std::uint64_t seed = TestSeed(11);
  SteppedWorld first(kOptions, seed);
  ASSERT_TRUE(first.Create());
  Witness witness;
  ASSERT_TRUE(first.Open());
  for (int i = 0; i < 4; i++) Write(first, witness, 3);
  first.Kill();
  const io::MemoryFileSystem::Snapshot killed = first.files.TakeSnapshot();
  std::uint64_t cases = 0;
  for (std::uint64_t n = 0;; n++, cases++) {
    first.files.Restore(killed);
    const std::uint64_t before = first.files.operations();
    first.files.FailAt(before + n, io::Fault::kPowerLoss);
    const bool opened = first.Open().has_value();
    if (opened) static_cast<void>(first.Close());
    const bool done = first.files.operations() - before < n;
    first.Crash(io::CrashPolicy::kRandom, seed + n);
    ExpectPromiseKept(first, witness, "operation " + std::to_string(n));
    if (HasFatalFailure()) return;
    ASSERT_TRUE(first.Close());
    if (done) break;
  }
  std::printf("%llu cases\n", static_cast<unsigned long long>(cases));
  EXPECT_GT(cases, 20u);
}

TEST(LedgerSpaceTest, AFullDiskRefusesWritesKeepsReadsAndResumesWhenSpaceIsFreed) {
  SteppedWorld world;
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  ASSERT_TRUE(world.Set("first", "1"));
  world.files.SetCapacityBytes(world.files.used_bytes());
  std::uint64_t written = 1;
  Code refusal = Code::kIo;
  for (int i = 0; i < 10'000; i++) {
    const Result<CommitResult> result = world.Set("k" + std::to_string(i), std::string(200, 'v'));
    if (!result) {
      refusal = result.error().code;
      break;
    }
    written++;
  }
  EXPECT_EQ(refusal, Code::kExhausted);
  EXPECT_EQ(world.ledger->Head()->size.value, written);
  EXPECT_TRUE(world.ledger->GetProven(AsBytes("first"), std::nullopt));
  EXPECT_FALSE(world.ledger->statistics().accepts_writes);
  world.files.SetCapacityBytes(std::nullopt);
  world.Elapse();
  const Result<CommitResult> resumed = world.Set("after", "2");
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(resumed->last.value, written);
}

TEST(LedgerSpaceTest, ABatchThatIsTooLargeForAFullDiskDoesNotBlockSmallOnesBehindIt) {
  SteppedWorld world;
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  ASSERT_TRUE(world.Set("first", "1"));
  world.files.SetCapacityBytes(world.files.used_bytes() + (300u << 10));
  const std::string large(1u << 20, 'v');
  const std::string small(40u << 10, 'v');
  std::vector<std::optional<Result<CommitResult>>> answers(6);
  for (std::size_t i = 0; i < answers.size(); i++) {
    const std::string& value = i % 3 == 0 ? large : small;
    world.ledger->Submit(BatchOf({{"k" + std::to_string(i), value}}),
                         [&answers, i](Result<CommitResult> result) { answers[i] = result; });
  }
  world.Settle();
  for (std::size_t i = 0; i < answers.size(); i++) {
    ASSERT_TRUE(answers[i].has_value()) << i;
    EXPECT_EQ(answers[i]->has_value(), i % 3 != 0) << i;
    if (i % 3 == 0) {
      EXPECT_EQ(answers[i]->error().code, Code::kExhausted);
    }
  }
  EXPECT_TRUE(world.ledger->statistics().accepts_writes);
  EXPECT_EQ(world.ledger->Head()->size.value, 5u);
  // Until the space is used up, to within the smallest step; then all are refused.
  int more = 0;
  while (world.Set("k", small)) more++;
  EXPECT_GE(more, 1);
  EXPECT_FALSE(world.ledger->statistics().accepts_writes);
  EXPECT_TRUE(world.Set("tiny", "fits still"));
  world.files.SetCapacityBytes(std::nullopt);
  world.Elapse();
  EXPECT_TRUE(world.ledger->statistics().accepts_writes);
  EXPECT_TRUE(world.Set("large", large));
}

TEST(LedgerSpaceTest, AFailedSyncRefusesEverythingUntilReopened) {
  SteppedWorld world;
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  ASSERT_TRUE(world.Set("a", "1"));
  for (std::uint64_t n = 0; n < 4; n++) {
    world.files.FailAt(world.files.operations() + n, io::Fault::kIoError);
  }
  EXPECT_FALSE(world.Set("b", "2"));
  world.files.ClearFaults();
  EXPECT_EQ(world.Set("c", "3").error().code, Code::kClosed);
  EXPECT_EQ(world.ledger->Head()->size.value, 1u);
  world.Kill();
  ASSERT_TRUE(world.Open());
  EXPECT_TRUE(world.Set("d", "4"));
}

}  // namespace
}  // namespace immudb::ledger
