// Each call of the file system that one step of a ledger's life makes fails, in each way that such
// a call can fail, until no call is left. Then the ledger ends in each way, and is opened again.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "script.h"

namespace immudb::faults {
namespace {

enum class Act : std::uint8_t { kOpen, kSet, kBatch, kCheckpoint, kMerge, kRoll, kClose };

const char* NameOf(Act act) {
  switch (act) {
    case Act::kOpen: return "open";
    case Act::kSet: return "set";
    case Act::kBatch: return "batch";
    case Act::kCheckpoint: return "checkpoint";
    case Act::kMerge: return "merge";
    case Act::kRoll: return "roll";
    case Act::kClose: return "close";
  }
  return "";
}

Status Do(Script& script, Act act) {
  switch (act) {
    case Act::kOpen: return script.Open();
    case Act::kSet: return script.Do(Step::kSet);
    case Act::kBatch: return script.Do(Step::kBatch);
    case Act::kCheckpoint: return script.Do(Step::kCheckpoint);
    case Act::kMerge: return script.Do(Step::kMerge);
    case Act::kRoll: return script.Do(Step::kRoll);
    case Act::kClose: return script.world.Close();
  }
  return {};
}

// A way to fail, and the calls that can.
struct Way {
  const char* name;
  io::Fault fault;
  bool (*concerns)(io::Call call);
};

bool IsAny(io::Call /*call*/) {
  return true;
}
bool IsSync(io::Call call) {
  return call == io::Call::kSync || call == io::Call::kSyncDirectory;
}
bool IsWrite(io::Call call) {
  return call == io::Call::kWrite;
}
bool TakesSpace(io::Call call) {
  return call == io::Call::kWrite || call == io::Call::kTruncate || call == io::Call::kCreate ||
         call == io::Call::kCreateDirectory || call == io::Call::kRename;
}

constexpr std::array<Way, 5> kWays = {{{"EIO", io::Fault::kIoError, IsAny},
                                       {"ENOSPC", io::Fault::kNoSpace, TakesSpace},
                                       {"short write", io::Fault::kShortWrite, IsWrite},
                                       {"failed sync", io::Fault::kIoError, IsSync},
                                       {"power loss", io::Fault::kPowerLoss, IsAny}}};

enum class Ending : std::uint8_t { kClose, kKill, kDropAll, kRandom };
constexpr std::size_t kEndings = 4;

void End(Script& script, Ending ending, std::uint64_t seed) {
  switch (ending) {
    case Ending::kClose:
      static_cast<void>(script.world.Close());
      script.world.Kill();
      return;
    case Ending::kKill: return script.world.Kill();
    case Ending::kDropAll: return script.world.Crash(io::CrashPolicy::kDropAll, seed);
    case Ending::kRandom: return script.world.Crash(io::CrashPolicy::kRandom, seed);
  }
}

// Lets call number `n` of those that `way` concerns fail, once or, if `is_sticky`, with all later
// ones. Returns whether it came to that.
struct Plan {
  const Way& way;
  std::uint64_t n = 0;
  bool is_sticky = false;
};

bool DoWithFault(Script& script, Act act, const Plan& plan) {
  std::uint64_t seen = 0;
  script.world.files.SetFaultHook([&](const io::CallInfo& info) -> std::optional<io::Fault> {
    if (!plan.way.concerns(info.call)) return std::nullopt;
    const std::uint64_t number = seen++;
    const bool fails = plan.is_sticky ? number >= plan.n : number == plan.n;
    return fails ? std::optional(plan.way.fault) : std::nullopt;
  });
  static_cast<void>(Do(script, act));
  script.world.files.SetFaultHook(nullptr);
  return seen > plan.n;
}

class CallFaultTest : public ::testing::TestWithParam<Act> {};
class OpenCallFaultTest : public ::testing::TestWithParam<Act> {};

TEST_P(CallFaultTest, TheFailureOfAnyCallInAnyWayBreaksNoPromise) {
  const std::uint64_t seed = ledger::TestSeed(17);
  Script script(seed);
  script.Build();
  ASSERT_FALSE(HasFailure());
  Sample sample(seed, 2);
  for (const Way& way : kWays) {
    std::uint64_t cases = 0;
    bool left = true;
    for (std::uint64_t n = 0; left; n++) {
      for (std::size_t variant = 0; variant < 2 * kEndings; variant++) {
        if (variant > 0 && !sample.Takes()) continue;
        script.Begin();
        ASSERT_TRUE(script.Open() && script.Prepare());
        if (GetParam() == Act::kOpen) script.world.Kill();  // So that it has a tail to copy.
        const Plan plan{.way = way, .n = n, .is_sticky = variant >= kEndings};
        left = DoWithFault(script, GetParam(), plan);
        if (!left) break;
        End(script, static_cast<Ending>(variant % kEndings), seed + n);
        std::string wrong = script.OpenAndCheck();
        if (wrong.empty()) wrong = script.CheckGoesOn();
        ASSERT_EQ(wrong, "") << way.name << " of call " << n << " of " << NameOf(GetParam())
                             << ", variant " << variant << ", seed " << seed;
        cases++;
      }
    }
    std::printf("%s: %llu cases of %s\n", NameOf(GetParam()),
                static_cast<unsigned long long>(cases), way.name);
    EXPECT_GT(cases, 0u) << way.name;
  }
}

// While the fault lasts and after it, as long as the ledger is open: reads of what was acknowledged
// go on, whatever failed.
TEST_P(OpenCallFaultTest, TheFailureOfAnyCallLeavesReadsAsTheyWere) {
  const std::uint64_t seed = ledger::TestSeed(18);
  Script script(seed);
  script.Build();
  for (const Way& way : kWays) {
    if (way.fault == io::Fault::kPowerLoss) continue;
    bool left = true;
    for (std::uint64_t n = 0; left; n++) {
      script.Begin();
      ASSERT_TRUE(script.Open() && script.Prepare());
      left = DoWithFault(script, GetParam(), {.way = way, .n = n});
      const std::uint64_t published = script.world.ledger->statistics().entries;
      ASSERT_GE(published, script.acknowledged);
      for (std::uint64_t i = 0; i < script.acknowledged; i++) {
        const Result<ProvenEntry> read = script.world.ledger->AtProven({i}, LeafIndex{0});
        ASSERT_TRUE(read) << way.name << " of call " << n << ": " << read.error().message;
        ASSERT_EQ(ledger::Oracle::Item(read->entry), script.model.Item(i));
        ASSERT_EQ(read->proof.inclusion.head, script.model.tree.Head(published));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Acts, CallFaultTest,
                         ::testing::Values(Act::kOpen, Act::kSet, Act::kBatch, Act::kCheckpoint,
                                           Act::kMerge, Act::kRoll, Act::kClose),
                         [](const auto& act) { return std::string(NameOf(act.param)); });

INSTANTIATE_TEST_SUITE_P(Acts, OpenCallFaultTest,
                         ::testing::Values(Act::kSet, Act::kBatch, Act::kCheckpoint, Act::kMerge,
                                           Act::kRoll),
                         [](const auto& act) { return std::string(NameOf(act.param)); });

}  // namespace
}  // namespace immudb::faults
