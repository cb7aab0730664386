// Measures the engine in process: writes by blocking and by asynchronous callers, batches, reads
// and proofs, in both durability modes, and long answers. One line of JSON per row on standard
// output.
//
//   engine_bench DIRECTORY [WORD...]     only rows whose name has one of the words
//
// Rates are wall-clock; cpu_ns is CPU time of the whole process per entry. bench/run.sh runs this
// beside the fdatasync probe and writes bench/RESULTS.md.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "immudb/cursor.h"
#include "immudb/engine.h"

namespace {

using immudb::BytesView;
using Clock = std::chrono::steady_clock;

// Stops the program: a benchmark that failed has measured nothing.
template <typename T>
T Must(immudb::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "engine_bench: %s\n", result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kValueBytes = 64;

// The i-th of the random keys.
std::array<std::uint8_t, kKeyBytes> Key(std::uint64_t i) {
  std::array<std::uint8_t, kKeyBytes> key{};
  const std::uint64_t high = Mix(i);
  const std::uint64_t low = Mix(high ^ i);
  std::memcpy(key.data(), &high, 8);
  std::memcpy(key.data() + 8, &low, 8);
  // No key begins with a zero byte, or with one that scans backwards pass over.
  key[0] = static_cast<std::uint8_t>((key[0] & 0x7f) | 1);
  return key;
}

immudb::WriteBatch OneEntry(std::uint64_t i) {
  static const std::array<std::uint8_t, kValueBytes> value{1, 2, 3};
  immudb::WriteBatch batch;
  batch.Set(Key(i), value);
  return batch;
}

// Words of the names of the rows to be measured; none: all rows.
std::vector<std::string> wanted;  // NOLINT: written once, at the start of main.

bool IsWanted(const std::string& row) {
  const auto names = [&row](const std::string& word) {
    return row.find(word) != std::string::npos;
  };
  return wanted.empty() || std::any_of(wanted.begin(), wanted.end(), names);
}

struct Row {
  std::string name;
  std::uint64_t entries = 0;
  double seconds = 0;
  double cpu_seconds = 0;
};

void Print(const Row& row, const immudb::LedgerStatistics* statistics) {
  std::printf("{\"row\": \"%s\", \"entries\": %llu, \"per_second\": %.0f, \"cpu_ns\": %.0f",
              row.name.c_str(), static_cast<unsigned long long>(row.entries),
              static_cast<double>(row.entries) / row.seconds,
              row.cpu_seconds * 1e9 / static_cast<double>(row.entries));
  if (statistics != nullptr && statistics->groups > 0) {
    std::printf(", \"group\": %.1f",
                static_cast<double>(statistics->entries) / static_cast<double>(statistics->groups));
  }
  std::printf("}\n");
  std::fflush(stdout);
}

// A new ledger in a folder of its own, removed afterwards.
class Bench {
 public:
  Bench(std::string directory, immudb::Durability durability) : directory_(std::move(directory)) {
    std::filesystem::remove_all(directory_);
    engine_ = Must(immudb::Engine::Create({.durability = durability}));
    Must(engine_->CreateLedger(directory_, "bench"));
    ledger_ = Must(engine_->OpenLedger(directory_));
  }
  ~Bench() {
    ledger_.reset();
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  immudb::Ledger& ledger() { return *ledger_; }

  // Does nothing if the row is not wanted.
  void Measure(const std::string& name, std::uint64_t entries, const std::function<void()>& work) {
    if (!IsWanted(name)) return;
    const double cpu = CpuSeconds();
    const auto start = Clock::now();
    work();
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const immudb::LedgerStatistics statistics = ledger_->statistics();
    Print({.name = name, .entries = entries, .seconds = seconds, .cpu_seconds = CpuSeconds() - cpu},
          &statistics);
  }

 private:
  std::string directory_;
  std::unique_ptr<immudb::Engine> engine_;
  std::unique_ptr<immudb::Ledger> ledger_;
};

void SetBlocking(immudb::Ledger& ledger, std::uint64_t callers, std::uint64_t entries) {
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < callers; t++) {
    threads.emplace_back([&ledger, t, callers, entries] {
      for (std::uint64_t i = t; i < entries; i += callers) Must(ledger.Commit(OneEntry(i)));
    });
  }
}

// One producer that keeps `in_flight` entries submitted and unanswered.
void SetAsync(immudb::Ledger& ledger, std::uint64_t in_flight, std::uint64_t entries) {
  std::atomic<std::uint64_t> answered = 0;
  for (std::uint64_t i = 0; i < entries; i++) {
    std::uint64_t done = answered.load(std::memory_order_acquire);
    while (i - done >= in_flight) {
      answered.wait(done, std::memory_order_acquire);
      done = answered.load(std::memory_order_acquire);
    }
    ledger.Submit(OneEntry(i), [&answered](immudb::Result<immudb::CommitResult> result) {
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

void SetBatches(immudb::Ledger& ledger, std::uint64_t callers, std::uint64_t batch_entries,
                std::uint64_t entries) {
  std::atomic<std::uint64_t> next = 0;
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < callers; t++) {
    threads.emplace_back([&] {
      static const std::array<std::uint8_t, kValueBytes> value{1, 2, 3};
      while (true) {
        const std::uint64_t first = next.fetch_add(batch_entries);
        if (first >= entries) return;
        immudb::WriteBatch batch;
        for (std::uint64_t i = first; i < std::min(first + batch_entries, entries); i++) {
          batch.Set(Key(i), value);
        }
        Must(ledger.Commit(std::move(batch)));
      }
    });
  }
}

void Reads(Bench& bench, std::uint64_t entries) {
  immudb::Ledger& ledger = bench.ledger();
  constexpr std::uint64_t kReads = 500'000;
  std::uint64_t bytes = 0;
  bench.Measure("get, 1 thread, warm", kReads, [&] {
    for (std::uint64_t i = 0; i < kReads; i++) {
      bytes += Must(ledger.Get(Key(Mix(i) % entries))).value.size();
    }
  });
  bench.Measure("inclusion proof, 1 thread, warm", kReads, [&] {
    for (std::uint64_t i = 0; i < kReads; i++) {
      bytes += Must(ledger.ProveInclusion({Mix(i) % entries})).path.size();
    }
  });
  if (bytes == 0 && wanted.empty()) std::exit(1);
}

// Reads a whole answer in pieces and returns how many items it had.
template <typename Item>
std::uint64_t ReadAll(immudb::Result<std::unique_ptr<immudb::Cursor<Item>>> opened) {
  const auto cursor = Must(std::move(opened));
  std::uint64_t count = 0;
  std::vector<Item> items;
  for (bool more = true; more; items.clear()) {
    more = Must(cursor->Read({.rows = 4096}, items));
    count += items.size();
  }
  return count;
}

// Stops the program if an answer has not as many items as it must have.
void Expect(std::uint64_t count, std::uint64_t expected) {
  if (count == expected) return;
  std::fprintf(stderr, "engine_bench: %llu items, not %llu\n",
               static_cast<unsigned long long>(count), static_cast<unsigned long long>(expected));
  std::exit(1);
}

// Long answers over random keys, from the runs of one checkpoint and what was written after it.
void Scans(Bench& bench, std::uint64_t entries) {
  immudb::Ledger& ledger = bench.ledger();
  bench.Measure("scan, keys only", entries,
                [&] { Expect(ReadAll(ledger.Scan({.with_values = false})), entries); });
  bench.Measure("scan, keys only, backwards", entries, [&] {
    Expect(ReadAll(ledger.Scan({.order = immudb::ScanOrder::kReverse, .with_values = false})),
           entries);
  });
  bench.Measure("scan with values, random order", entries,
                [&] { Expect(ReadAll(ledger.Scan({})), entries); });
  bench.Measure("entries in order of the log", entries,
                [&] { Expect(ReadAll(ledger.EntriesFrom({0})), entries); });
  bench.Measure("count keys", entries, [&] { Expect(ReadAll(ledger.CountKeys()), 1); });
  bench.Measure("all versions, random order", entries,
                [&] { Expect(ReadAll(ledger.AllVersions()), entries); });
}

// Keys that are in order, many versions of one key, and a sorted set.
void OrderedData(const std::string& directory) {
  constexpr std::uint64_t kEntries = 1'000'000;
  constexpr std::uint64_t kVersions = 200'000;
  constexpr std::uint64_t kMembers = 200'000;
  Bench bench(directory, immudb::Durability::kWritten);
  immudb::Ledger& ledger = bench.ledger();
  const std::array<std::uint8_t, kValueBytes> value{1, 2, 3};
  const auto commit_in_batches = [&](std::uint64_t count, const auto& add) {
    for (std::uint64_t i = 0; i < count;) {
      immudb::WriteBatch batch;
      for (const std::uint64_t end = std::min(i + 1000, count); i < end; i++) add(batch, i);
      Must(ledger.Commit(std::move(batch)));
    }
  };
  const auto key = [](std::uint64_t i) {
    std::array<char, kKeyBytes + 1> text{};
    std::snprintf(text.data(), text.size(), "key%013llu", static_cast<unsigned long long>(i));
    return immudb::Bytes(text.begin(), text.end() - 1);
  };
  commit_in_batches(kEntries,
                    [&](immudb::WriteBatch& batch, std::uint64_t i) { batch.Set(key(i), value); });
  Must(ledger.Checkpoint());
  bench.Measure("scan with values, order of the log", kEntries,
                [&] { Expect(ReadAll(ledger.Scan({})), kEntries); });
  bench.Measure("scan with values, backwards", kEntries, [&] {
    Expect(ReadAll(ledger.Scan({.order = immudb::ScanOrder::kReverse})), kEntries);
  });
  commit_in_batches(kVersions, [&](immudb::WriteBatch& batch, std::uint64_t) {
    batch.Set(immudb::AsBytes("one"), value);
  });
  bench.Measure("history of one key", kVersions, [&] {
    Expect(ReadAll(ledger.History({.key = {'o', 'n', 'e'}})), kVersions);
  });
  bench.Measure("count versions", kVersions,
                [&] { Expect(ReadAll(ledger.CountVersions(immudb::AsBytes("one"))), 1); });
  const immudb::Bytes set{'s', 'e', 't'};
  for (std::uint64_t i = 0; i < kMembers;) {
    std::vector<immudb::Operation> operations;
    for (const std::uint64_t end = i + 1000; i < end; i++) {
      operations.emplace_back(
          immudb::SortedSetOperation{.set = set,
                                     .score = static_cast<double>(Mix(i) % kMembers),
                                     .target = {.key = {}, .index = immudb::LeafIndex{i}}});
    }
    Must(ledger.Commit(Must(ledger.BindOperations(operations))));
  }
  bench.Measure("scan of a sorted set", kMembers,
                [&] { Expect(ReadAll(ledger.ScanSortedSet({.set = set})), kMembers); });
}

// What the device needs for one fdatasync after a small overwrite, and so for one durable call.
void ProbeDevice(const std::string& directory) {
  std::filesystem::create_directories(directory);
  const std::string path = directory + "/probe";
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const std::vector<char> zeros(1 << 20);
  if (file < 0 || pwrite(file, zeros.data(), zeros.size(), 0) < 0 || fsync(file) != 0) std::exit(1);
  std::vector<double> times;
  for (int i = 0; i < 500; i++) {
    const auto start = Clock::now();
    if (pwrite(file, zeros.data(), 200, i * 200) != 200 || fdatasync(file) != 0) std::exit(1);
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  close(file);
  std::filesystem::remove_all(directory);
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"row\": \"device: write 200 bytes + fdatasync\", \"p50_us\": %.0f, \"p99_us\": %.0f}\n",
      times[250], times[495]);
}

void DurableLatency(const std::string& directory) {
  Bench bench(directory, immudb::Durability::kDurable);
  std::vector<double> times;
  for (std::uint64_t i = 0; i < 500; i++) {
    const auto start = Clock::now();
    Must(bench.ledger().Commit(OneEntry(i)));
    times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"row\": \"set, 1 blocking caller, durable: latency\", \"p50_us\": %.0f, \"p99_us\": "
      "%.0f}\n",
      times[250], times[495]);
}

void Writes(const std::string& directory, immudb::Durability durability) {
  const bool durable = durability == immudb::Durability::kDurable;
  const std::string mode = durable ? ", durable" : ", written";
  const auto run = [&](const std::string& name, std::uint64_t entries,
                       const std::function<void(immudb::Ledger&)>& work) {
    if (!IsWanted(name + mode)) return;
    Bench bench(directory, durability);
    bench.Measure(name + mode, entries, [&] { work(bench.ledger()); });
  };
  for (const std::uint64_t callers : {1u, 16u, 128u}) {
    const std::uint64_t entries = durable ? callers * 2'000 : 1'000'000;
    run("set, " + std::to_string(callers) + " blocking callers", entries,
        [&](immudb::Ledger& ledger) { SetBlocking(ledger, callers, entries); });
  }
  for (const std::uint64_t in_flight : {16u, 128u, 1'024u}) {
    const std::uint64_t entries = durable ? in_flight * 2'000 : 2'000'000;
    run("async set, " + std::to_string(in_flight) + " in flight", entries,
        [&](immudb::Ledger& ledger) { SetAsync(ledger, in_flight, entries); });
  }
  for (const std::uint64_t size : {100u, 1'000u, 62'500u}) {
    run("batches of " + std::to_string(size) + ", 16 callers", 2'000'000,
        [&](immudb::Ledger& ledger) { SetBatches(ledger, 16, size, 2'000'000); });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: engine_bench DIRECTORY [WORD...]\n");
    return 2;
  }
  const std::string directory = std::string(argv[1]) + "/ledger";
  wanted.assign(argv + 2, argv + argc);
  if (IsWanted("device")) ProbeDevice(directory);
  if (IsWanted("latency")) DurableLatency(directory);
  Writes(directory, immudb::Durability::kWritten);
  Writes(directory, immudb::Durability::kDurable);
  Bench bench(directory, immudb::Durability::kWritten);
  constexpr std::uint64_t kEntries = 1'000'000;
  SetBatches(bench.ledger(), 2, 1'000, kEntries);
  Reads(bench, kEntries);
  Scans(bench, kEntries);
  OrderedData(directory + "-ordered");
  return 0;
}
