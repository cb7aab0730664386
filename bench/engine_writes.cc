#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "base/error.h"
#include "device.h"
#include "engine_rows.h"
#include "measure.h"

namespace immudb::bench {
namespace {

constexpr std::uint64_t kCallers = 16;  // Of batches.
constexpr std::size_t kLatencySets = 1000;

using KeyMaker = KeyBytes (*)(std::uint64_t);

WriteBatch OneEntry(const KeyBytes& key) {
  WriteBatch batch;
  batch.Set(key, kValue);
  return batch;
}

void SetBlocking(Ledger& ledger, std::uint64_t callers, std::uint64_t entries) {
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < callers; ++t) {
    threads.emplace_back([&ledger, t, callers, entries] {
      for (std::uint64_t i = t; i < entries; i += callers) {
        Must(ledger.Commit(OneEntry(RandomKey(i))));
      }
    });
  }
}

// One producer that keeps `in_flight` entries submitted and unanswered.
void SetAsync(Ledger& ledger, std::uint64_t in_flight, std::uint64_t entries, KeyMaker key) {
  std::atomic<std::uint64_t> answered = 0;
  for (std::uint64_t i = 0; i < entries; ++i) {
    std::uint64_t done = answered.load(std::memory_order_acquire);
    while (i - done >= in_flight) {
      answered.wait(done, std::memory_order_acquire);
      done = answered.load(std::memory_order_acquire);
    }
    ledger.Submit(OneEntry(key(i)), [&answered](Result<CommitResult> result) {
      Must(std::move(result));
      answered.fetch_add(1, std::memory_order_release);
      answered.notify_one();
    });
  }
  while (true) {
    const std::uint64_t done = answered.load(std::memory_order_acquire);
    if (done == entries) break;
    answered.wait(done, std::memory_order_acquire);
  }
}

void SetBatches(Ledger& ledger, std::uint64_t batch_entries, std::uint64_t entries, KeyMaker key) {
  std::atomic<std::uint64_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < kCallers; ++t) {
    threads.emplace_back([&] {
      for (std::uint64_t i = 0; (i = next.fetch_add(batch_entries)) < entries;) {
        WriteBatch batch;
        for (const std::uint64_t end = std::min(i + batch_entries, entries); i < end; ++i) {
          batch.Set(key(i), kValue);
        }
        Must(ledger.Commit(std::move(batch)));
      }
    });
  }
}

}  // namespace

void MeasureLatency(const Options& options, Report& report) {
  const std::string device = "device: write 200 bytes + fdatasync";
  const std::string name = "latency of a set, 1 blocking caller, durable";
  const auto add = [&](const std::string& row, const Latencies& times) {
    report.Add({.name = row,
                .figures = {{"p50_us", times.QuantileUs(0.5), {}},
                            {"p99_us", times.QuantileUs(0.99), {}},
                            {"p999_us", times.QuantileUs(0.999), {}},
                            {"max_us", times.max_us(), {}}}});
  };
  if (options.is_wanted(device)) add(device, ProbeDevice(options.directory, kLatencySets));
  if (!options.is_wanted(name)) return;
  World world(options.directory + "/ledger", Durability::kDurable);
  Latencies times;
  for (std::uint64_t i = 0; i < kLatencySets; ++i) {
    const auto start = Clock::now();
    Must(world.ledger().Commit(OneEntry(RandomKey(i))));
    times.Add(Clock::now() - start);
  }
  add(name, times);
}

void MeasureWrites(const Options& options, Report& report, Durability durability) {
  const bool is_durable = durability == Durability::kDurable;
  const auto run = [&](const std::string& what, std::uint64_t entries,
                       const std::function<void(Ledger&)>& work) {
    const std::string name = Text("{}, {}", what, NameOf(durability));
    if (!options.is_wanted(name)) return;
    World world(options.directory + "/ledger", durability);
    const Row row = Measure(name, entries, world.ledger(), [&] { work(world.ledger()); });
    if (world.ledger().statistics().entries != entries) GiveUp(name + ": entries are missing");
    report.Add(row);
  };
  for (const std::uint64_t callers : {1U, 16U, 128U}) {
    const std::uint64_t entries = is_durable ? callers * 2'000 : 1'000'000;
    run(Text("set, {} blocking caller{}", callers, callers == 1 ? "" : "s"), entries,
        [&](Ledger& ledger) { SetBlocking(ledger, callers, entries); });
  }
  const auto async = [&](std::uint64_t in_flight, const char* keys, KeyMaker key) {
    const std::uint64_t entries = is_durable ? in_flight * 2'000 : 2'000'000;
    run(Text("async set, {} in flight{}", in_flight, keys), entries,
        [&](Ledger& ledger) { SetAsync(ledger, in_flight, entries, key); });
  };
  const auto batches = [&](std::uint64_t size, const char* keys, KeyMaker key) {
    constexpr std::uint64_t entries = 2'000'000;
    run(Text("batches of {}, {} callers{}", size, kCallers, keys), entries,
        [&](Ledger& ledger) { SetBatches(ledger, size, entries, key); });
  };
  for (const std::uint64_t in_flight : {16U, 128U, 1024U}) async(in_flight, "", RandomKey);
  async(1024, ", keys in order", SequentialKey);
  for (const std::uint64_t size : {100U, 1000U, 62'500U}) batches(size, "", RandomKey);
  batches(1000, ", keys in order", SequentialKey);
}

}  // namespace immudb::bench
