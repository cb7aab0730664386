// simulate [--seed N] [--lives N] [--seconds N] [--commits N] [--least N]
//
// Runs simulated lives (simulation.h), each from a seed of its own: N, N + 1 and so on; without
// --seed, from any. Ends at the first one in which something is wrong, and says its seed:
// `simulate --seed N --lives 1` repeats it. With --least, a run in which a fault struck some place
// less often fails, too.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <random>

#include "simulation.h"

namespace immudb::simulation {
namespace {

struct Arguments {
  std::uint64_t seed = std::random_device()();
  std::uint64_t lives = ~std::uint64_t{0};
  std::uint64_t seconds = ~std::uint64_t{0};
  std::uint64_t commits = 1500;  // Of one life.
  std::uint64_t least = 0;
};

bool Parse(int count, char** values, Arguments& arguments) {
  struct Option {
    const char* name;
    std::uint64_t* value;
  };
  const Option options[] = {{"--seed", &arguments.seed},
                            {"--lives", &arguments.lives},
                            {"--seconds", &arguments.seconds},
                            {"--commits", &arguments.commits},
                            {"--least", &arguments.least}};
  for (int i = 1; i < count; i += 2) {
    bool known = false;
    for (const Option& option : options) {
      if (std::strcmp(values[i], option.name) != 0 || i + 1 == count) continue;
      *option.value = std::strtoull(values[i + 1], nullptr, 10);
      known = true;
    }
    if (!known) return false;
  }
  return true;
}

void Print(const Outcome& all, std::uint64_t lives, double seconds) {
  std::printf(
      "%llu lives, %llu commits (%.0f/s of processor time), %llu entries, %llu reads, %llu steps, "
      "%llu openings, %llu kills, %llu power losses, %llu unacknowledged batches that survived, "
      "event hash %016llx\n%sleast often: %llu\n",
      static_cast<unsigned long long>(lives), static_cast<unsigned long long>(all.commits),
      static_cast<double>(all.commits) / seconds, static_cast<unsigned long long>(all.entries),
      static_cast<unsigned long long>(all.reads), static_cast<unsigned long long>(all.steps),
      static_cast<unsigned long long>(all.openings), static_cast<unsigned long long>(all.kills),
      static_cast<unsigned long long>(all.power_losses),
      static_cast<unsigned long long>(all.recovered),
      static_cast<unsigned long long>(all.event_hash), all.faults.Table().c_str(),
      static_cast<unsigned long long>(all.faults.Least()));
}

int Run(const Arguments& arguments) {
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t cpu_begin = std::clock();
  const auto limit = std::chrono::seconds(std::min<std::uint64_t>(arguments.seconds, 1u << 30));
  std::printf("seed %llu\n", static_cast<unsigned long long>(arguments.seed));
  Outcome all;
  std::uint64_t life = 0;
  for (; life < arguments.lives && std::chrono::steady_clock::now() - begin < limit; life++) {
    const std::uint64_t seed = arguments.seed + life;
    const Outcome outcome = Simulation(seed).Run(arguments.commits);
    all.Add(outcome);
    if (outcome.failure.empty()) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), outcome.failure.c_str());
    return 1;
  }
  Print(all, life, static_cast<double>(std::clock() - cpu_begin) / CLOCKS_PER_SEC);
  if (all.faults.Least() >= arguments.least) return 0;
  std::printf("a fault struck some place less than %llu times\n",
              static_cast<unsigned long long>(arguments.least));
  return 1;
}

}  // namespace
}  // namespace immudb::simulation

int main(int count, char** values) {
  immudb::simulation::Arguments arguments;
  if (!immudb::simulation::Parse(count, values, arguments)) {
    std::fprintf(
        stderr, "usage: simulate [--seed N] [--lives N] [--seconds N] [--commits N] [--least N]\n");
    return 2;
  }
  return immudb::simulation::Run(arguments);
}
