// The power fails at every call of every short sequence of steps, and every choice of what then
// becomes of the unsynced writes and names is tried: each is kept, dropped or torn. Where there are
// too many choices, 64 of them. What is found afterwards must hold all that was acknowledged.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <functional>
#include <set>
#include <string_view>

#include "script.h"

namespace immudb::faults {
namespace {

using Sequence = std::vector<Step>;

constexpr std::size_t kStepsMax = 3;
constexpr std::size_t kChangesMax = 5;
constexpr std::size_t kSamples = 64;

// All sequences of up to kStepsMax steps, the short ones first.
std::vector<Sequence> AllSequences() {
  std::vector<Sequence> all{{}};
  for (std::size_t i = 0; i < all.size(); i++) {
    if (all[i].size() == kStepsMax) break;
    for (std::size_t step = 0; step < kSteps; step++) {
      Sequence longer = all[i];
      longer.push_back(static_cast<Step>(step));
      all.push_back(std::move(longer));
    }
  }
  all.erase(all.begin());
  return all;
}

std::string NameOf(const Sequence& sequence) {
  std::string name;
  for (const Step step : sequence) name += std::string(name.empty() ? "" : ", ") + NameOf(step);
  return name;
}

// Calls that change nothing leave what a power loss at the next one leaves.
bool Changes(io::Call call) {
  return call == io::Call::kCreate || call == io::Call::kCreateDirectory ||
         call == io::Call::kRename || call == io::Call::kRemove || call == io::Call::kWrite ||
         call == io::Call::kTruncate || call == io::Call::kSync || call == io::Call::kSyncDirectory;
}

// The fates of `changes` changes: all choices, or a sample of them.
std::vector<std::vector<io::Fate>> AllFates(std::size_t changes, std::mt19937_64& random) {
  std::vector<std::vector<io::Fate>> all;
  std::size_t choices = kSamples;
  if (changes <= kChangesMax) {
    choices = 1;
    for (std::size_t i = 0; i < changes; i++) choices *= io::kFates;
  }
  for (std::size_t choice = 0; choice < choices; choice++) {
    std::vector<io::Fate> fates;
    for (std::size_t i = 0, rest = choice; i < changes; i++, rest /= io::kFates) {
      fates.push_back(
          static_cast<io::Fate>((changes <= kChangesMax ? rest : random()) % io::kFates));
    }
    all.push_back(std::move(fates));
  }
  return all;
}

class CrashTest : public ::testing::Test {
 protected:
  void SetUp() override { script_.Build(); }

  struct Counts {
    std::uint64_t sequences = 0;
    std::uint64_t crashes = 0;
    std::uint64_t choices = 0;
    std::uint64_t distinct = 0;
  };

  // Does the steps until one fails.
  void Run(const Sequence& sequence) {
    for (const Step step : sequence) {
      if (!script_.Do(step)) return;
    }
  }

  // Does the steps and lets the power fail at call `n` of those that change something; false if
  // there are not so many: it then fails at the end.
  bool RunWithPowerLoss(const Sequence& sequence, std::uint64_t n) {
    script_.Begin();
    EXPECT_TRUE(script_.Open() && script_.Prepare());
    std::uint64_t seen = 0;
    script_.world.files.SetFaultHook([&](const io::CallInfo& info) -> std::optional<io::Fault> {
      if (!Changes(info.call) || seen++ != n) return std::nullopt;
      return io::Fault::kPowerLoss;
    });
    Run(sequence);
    script_.world.files.SetFaultHook(nullptr);
    return seen > n;
  }

  // Tells two states of the disk apart, with what was acknowledged.
  std::size_t StateHash() {
    std::size_t hash = std::hash<std::uint64_t>()(script_.acknowledged);
    for (const std::string& path : script_.world.files.AllFiles(".")) {
      const Bytes content = *script_.world.files.ReadAll(path);
      for (const std::string_view part :
           {std::string_view(path),
            std::string_view(reinterpret_cast<const char*>(content.data()), content.size())}) {
        hash = hash * 1'000'003 ^ std::hash<std::string_view>()(part);
      }
    }
    return hash;
  }

  // Tries everything that can become of what is unsynced now.
  void TryFates(const Sequence& sequence, std::uint64_t n) {
    const Script::Moment moment = script_.Save();
    const std::size_t changes = script_.world.files.unsynced_changes();
    counts_.crashes++;
    for (const std::vector<io::Fate>& fates : AllFates(changes, random_)) {
      counts_.choices++;
      script_.Restore(moment);
      script_.world.Crash(fates, seed_ + counts_.choices);
      if (!seen_.insert(StateHash()).second) continue;
      std::string wrong = script_.OpenAndCheck();
      if (wrong.empty() && counts_.distinct % 8 == 0) wrong = script_.CheckGoesOn();
      ASSERT_EQ(wrong, "") << NameOf(sequence) << "; power loss at change " << n << ", choice "
                           << counts_.choices << ", seed " << seed_;
      counts_.distinct++;
    }
  }

  void TrySequence(const Sequence& sequence) {
    counts_.sequences++;
    seen_.clear();
    for (std::uint64_t n = 0, left = 1; left != 0; n++) {
      left = RunWithPowerLoss(sequence, n) ? 1 : 0;
      TryFates(sequence, n);
      if (HasFailure()) return;
    }
  }

  const std::uint64_t seed_ = ledger::TestSeed(19);
  std::mt19937_64 random_{seed_};
  Script script_{seed_};
  Counts counts_;
  std::set<std::size_t> seen_;  // States of the disk that one sequence can leave.
};

TEST_F(CrashTest, APowerLossAtAnyCallOfAnyShortSequenceLosesNothingAcknowledged) {
  Sample sample(seed_, 60);
  for (const Sequence& sequence : AllSequences()) {
    if (sequence.size() > 1 && !sample.Takes()) continue;
    TrySequence(sequence);
    ASSERT_FALSE(HasFailure());
  }
  std::printf("%llu sequences, %llu power losses, %llu choices, %llu different disks\n",
              static_cast<unsigned long long>(counts_.sequences),
              static_cast<unsigned long long>(counts_.crashes),
              static_cast<unsigned long long>(counts_.choices),
              static_cast<unsigned long long>(counts_.distinct));
  EXPECT_GT(counts_.distinct, 500u);
}

}  // namespace
}  // namespace immudb::faults
