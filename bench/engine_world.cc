#include "engine_world.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/error.h"
#include "measure.h"
#include "programs.h"

namespace immudb::bench {
namespace {

constexpr std::uint64_t kWriters = 4;
constexpr std::uint64_t kWriteBatch = 1000;
constexpr int kRetryMs = 10;

// Commits one batch and returns how often it was refused before.
std::uint64_t CommitRandom(Ledger& ledger, std::uint64_t first, std::uint64_t last) {
  for (std::uint64_t refusals = 0;; ++refusals) {
    WriteBatch batch;
    for (std::uint64_t i = first; i < last; ++i) batch.Set(RandomKey(i), kValue);
    const Result<CommitResult> result = ledger.Commit(std::move(batch));
    if (result) return refusals;
    if (result.error().code != Code::kExhausted) GiveUp(result.error().message);
    poll(nullptr, 0, kRetryMs);
  }
}

}  // namespace

std::string NameOf(Durability durability) {
  return durability == Durability::kDurable ? "durable" : "written";
}

World::World(std::string directory, Durability durability)
    : directory_(std::move(directory)), durability_(durability) {
  std::filesystem::remove_all(directory_);
  std::filesystem::create_directories(std::filesystem::path(directory_).parent_path());
  engine_ = Must(Engine::Create({.durability = durability_}));
  Must(engine_->CreateLedger(directory_, "bench"));
  ledger_ = Must(engine_->OpenLedger(directory_));
}

World::~World() {
  Close();
  std::filesystem::remove_all(directory_);
}

void World::Close() {
  ledger_.reset();
  engine_.reset();
}

void World::Open() {
  engine_ = Must(Engine::Create({.durability = durability_}));
  ledger_ = Must(engine_->OpenLedger(directory_));
}

Row Measure(const std::string& name, std::uint64_t count, Ledger& ledger,
            const std::function<void()>& work) {
  const LedgerStatistics before = ledger.statistics();
  const double cpu = Must(CpuSecondsOf(getpid()));
  const auto start = Clock::now();
  work();
  const double seconds = SecondsSince(start);
  const double cpu_seconds = Must(CpuSecondsOf(getpid())) - cpu;
  const LedgerStatistics after = ledger.statistics();
  const auto entries = static_cast<double>(count);
  Row row{.name = name,
          .figures = {{"per_second", entries / seconds, {}},
                      {"cpu_ns", cpu_seconds * 1e9 / entries, {}}}};
  if (after.groups > before.groups) {
    const auto groups = static_cast<double>(after.groups - before.groups);
    row.figures.push_back({"entries_a_group", entries / groups, {}});
  }
  return row;
}

std::uint64_t WriteRandom(Ledger& ledger, std::uint64_t first, std::uint64_t last) {
  std::atomic<std::uint64_t> next = first;
  std::atomic<std::uint64_t> refusals = 0;
  {
    std::vector<std::jthread> threads;
    for (std::uint64_t t = 0; t < kWriters; ++t) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; (i = next.fetch_add(kWriteBatch)) < last;) {
          refusals += CommitRandom(ledger, i, std::min(i + kWriteBatch, last));
        }
      });
    }
  }
  return refusals;
}

std::string CountName(std::uint64_t entries) {
  constexpr std::uint64_t million = 1'000'000;
  return entries % million == 0 ? Text("{} M", entries / million) : std::to_string(entries);
}

}  // namespace immudb::bench
