#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/error.h"
#include "engine_rows.h"
#include "measure.h"
#include "programs.h"

namespace immudb::bench {
namespace {

constexpr int kSampleMs = 20;
constexpr std::uint64_t kGib = 1U << 30;
constexpr std::uint64_t kLongEntries = 20'000'000;
constexpr std::uint64_t kVastEntries = 100'000'000;
constexpr double kReachSecondsMax = 600;

// The most memory this process has had while the object lived.
class MemoryPeak {
 public:
  double mib() const { return mib_.load(); }

 private:
  void Run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      mib_ = std::max(mib_.load(), Must(ResidentMibOf(getpid())));
      poll(nullptr, 0, kSampleMs);
    }
  }

  std::atomic<double> mib_ = 0;
  std::jthread thread_{[this](const std::stop_token& stop) { Run(stop); }};
};

// Writes `entries` random keys and waits until merges have finished.
Row Grow(const std::string& name, World& world, std::uint64_t entries) {
  malloc_trim(0);
  const MemoryPeak peak;
  const auto start = Clock::now();
  std::uint64_t refusals = 0;
  Row row = Measure(name, entries, world.ledger(),
                    [&] { refusals = WriteRandom(world.ledger(), 0, entries); });
  const double written_seconds = SecondsSince(start);
  const double seconds = written_seconds + AwaitQuiet(getpid());
  const auto count = static_cast<double>(entries);
  row.figures[0] = {"per_second", count / seconds, {}};
  row.figures.push_back({"acknowledged_per_second", count / written_seconds, {}});
  row.figures.push_back({"refusals", static_cast<double>(refusals), {}});
  row.figures.push_back({"resident_mib", peak.mib(), {}});
  row.figures.push_back({"resident_mib_after", Must(ResidentMibOf(getpid())), {}});
  row.figures.push_back(
      {"bytes_per_entry", static_cast<double>(DiskBytesOf(world.directory())) / count, {}});
  return row;
}

std::string GrowthName(std::uint64_t entries, Durability durability) {
  return Text("sustained, {} random keys, merges finished, {}", CountName(entries),
              NameOf(durability));
}

// Kills a process that writes to the ledger in `directory` as soon as its log is `log_bytes` long.
void WriteAndKill(const Options& options, const std::string& directory, std::uint64_t first,
                  std::uint64_t log_bytes) {
  const std::string log = options.directory + "/writer.log";
  std::filesystem::remove(log);
  Program writer({options.bin_directory + "/engine_bench", "--write-until-killed", directory,
                  std::to_string(first), std::to_string(log_bytes)},
                 log);
  const auto start = Clock::now();
  for (std::string line; !std::getline(std::ifstream(log), line);) {
    if (SecondsSince(start) > kReachSecondsMax) GiveUp("the writer does not come to its end");
    poll(nullptr, 0, 1);
  }
  writer.Kill();
}

// How long opening takes until the first answer.
Row OpenAfterKill(const std::string& name, World& world, std::uint64_t entries_least) {
  const auto start = Clock::now();
  world.Open();
  Must(world.ledger().Get(RandomKey(0)));
  const double ready_ms = SecondsSince(start) * 1000;
  const LedgerStatistics statistics = world.ledger().statistics();
  if (statistics.entries < entries_least) GiveUp(name + ": entries are missing");
  return {.name = name,
          .figures = {{"ready_ms", ready_ms, {}},
                      {"entries", static_cast<double>(statistics.entries), {}},
                      {"log_mib", static_cast<double>(statistics.log_bytes) / (1U << 20), {}}}};
}

// A hundred million entries: memory, reads as fast as from few, and opening.
void MeasureVast(const Options& options, Report& report) {
  const std::string grow = GrowthName(kVastEntries, Durability::kDurable);
  const std::string get = "get with its log read, 1 thread, 100 M entries, durable";
  const std::string open = "open after a kill, 100 M entries, durable";
  if (!options.is_wanted(grow) && !options.is_wanted(get) && !options.is_wanted(open)) return;
  double few_p99_us = 0;
  {
    World few(options.directory + "/ledger", Durability::kDurable);
    WriteRandom(few.ledger(), 0, options.entries);
    AwaitQuiet(getpid());
    few_p99_us = MeasureGets(get, options.entries, few.ledger()).figures.back().value;
  }
  World world(options.directory + "/ledger", Durability::kDurable);
  report.Add(Grow(grow, world, kVastEntries));
  Row gets = MeasureGets(get, kVastEntries, world.ledger());
  gets.figures.back().at_most = 2 * few_p99_us;  // It is the p99.
  report.Add(gets);
  const std::uint64_t log_bytes = world.ledger().statistics().log_bytes;
  world.Close();
  WriteAndKill(options, world.directory(), kVastEntries, log_bytes + kGib / 8);
  report.Add(OpenAfterKill(open, world, kVastEntries));
}

}  // namespace

void MeasureGrowth(const Options& options, Report& report) {
  const std::uint64_t entries = options.soak ? kLongEntries : options.entries;
  for (const Durability durability : {Durability::kWritten, Durability::kDurable}) {
    const std::string name = GrowthName(entries, durability);
    if (!options.is_wanted(name)) continue;
    World world(options.directory + "/ledger", durability);
    report.Add(Grow(name, world, entries));
  }
  if (options.soak) MeasureVast(options, report);
}

void MeasureOpening(const Options& options, Report& report) {
  const std::string name = "open after a kill, 1 GiB of log, durable";
  if (!options.is_wanted(name)) return;
  World world(options.directory + "/ledger", Durability::kDurable);
  world.Close();
  WriteAndKill(options, world.directory(), 0, kGib);
  report.Add(OpenAfterKill(name, world, 1));
}

void WriteUntilKilled(const std::string& directory, std::uint64_t first, std::uint64_t log_bytes) {
  constexpr std::uint64_t step = 10'000;
  const auto engine = Must(Engine::Create({}));
  const auto ledger = Must(engine->OpenLedger(directory));
  bool has_told = false;
  for (std::uint64_t at = first;; at += step) {
    WriteRandom(*ledger, at, at + step);
    if (!has_told && ledger->statistics().log_bytes >= log_bytes) {
      has_told = true;
      std::puts("reached");
      std::fflush(stdout);
    }
  }
}

}  // namespace immudb::bench
