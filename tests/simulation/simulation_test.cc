// The simulation repeats itself, and the lives of seeds.txt, in which something once was wrong, go
// well.

#include "simulation.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>

namespace immudb::simulation {
namespace {

constexpr std::uint64_t kCommits = 1500;  // As the program has it, so that a seed means one life.

// Plans that fail nothing: what a fault is planned for is found.
TEST(FaultPlanTest, APlannedFaultStrikesItsCallAndIsCounted) {
  std::mt19937_64 random(ledger::TestSeed(1));
  FaultCounts all;
  for (int i = 0; i < 2000; i++) {
    FaultPlan plan;
    plan.Plan(random);
    for (std::size_t call = 0; call < io::kCalls && plan.is_planned(); call++) {
      const io::CallInfo info{.call = static_cast<io::Call>(call), .path = "ledger/x", .data = {}};
      for (int again = 0; again < 40; again++) {
        const std::optional<io::Fault> fault = plan.Ask(info);
        EXPECT_TRUE(!fault || Concerns(*fault, info.call));
      }
    }
    all.Add(plan.counts());
  }
  for (std::size_t call = 0; call < io::kCalls; call++) {
    for (std::size_t fault = 0; fault < kFaultKinds; fault++) {
      const bool possible = Concerns(static_cast<io::Fault>(fault), static_cast<io::Call>(call));
      EXPECT_EQ(all.calls[call][fault] > 0, possible)
          << NameOf(static_cast<io::Call>(call)) << " " << NameOf(static_cast<io::Fault>(fault));
    }
  }
}

TEST(SimulationTest, TheSameSeedGivesTheSameEvents) {
  const std::uint64_t seed = ledger::TestSeed(4);
  const Outcome first = Simulation(seed).Run(kCommits);
  const Outcome second = Simulation(seed).Run(kCommits);
  const Outcome other = Simulation(seed + 1).Run(kCommits);
  EXPECT_EQ(first.failure, "") << "seed " << seed;
  EXPECT_EQ(first.event_hash, second.event_hash) << "seed " << seed;
  EXPECT_EQ(first.steps, second.steps);
  EXPECT_EQ(first.entries, second.entries);
  EXPECT_NE(first.event_hash, other.event_hash);
}

TEST(SimulationTest, NoLifeOfAFewSeedsBreaksAPromise) {
  constexpr std::uint64_t kLives = 16;
  const std::uint64_t seed = ledger::TestSeed(100);
  Outcome all;
  for (std::uint64_t life = 0; life < kLives; life++) {
    const Outcome outcome = Simulation(seed + life).Run(kCommits);
    ASSERT_EQ(outcome.failure, "") << "seed " << seed + life;
    all.Add(outcome);
  }
  std::printf(
      "%llu commits, %llu reads, %llu openings, %llu kills, %llu power losses\n",
      static_cast<unsigned long long>(all.commits), static_cast<unsigned long long>(all.reads),
      static_cast<unsigned long long>(all.openings), static_cast<unsigned long long>(all.kills),
      static_cast<unsigned long long>(all.power_losses));
  EXPECT_GT(all.kills, 0u);
  EXPECT_GT(all.power_losses, 0u);
  EXPECT_GT(all.recovered, 0u);
}

TEST(SimulationTest, LivesThatOnceWentWrongGoWell) {
  std::ifstream file(IMMUDB_SIMULATION_SEEDS);
  ASSERT_TRUE(file.is_open());
  std::string line;
  while (std::getline(file, line)) {
    if (line.empty() || line[0] == '#') continue;
    const std::uint64_t seed = std::stoull(line);
    EXPECT_EQ(Simulation(seed).Run(kCommits).failure, "") << "seed " << seed;
  }
}

}  // namespace
}  // namespace immudb::simulation
