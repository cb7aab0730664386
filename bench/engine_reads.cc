#include <unistd.h>

#include <array>
#include <vector>

#include "base/error.h"
#include "engine_rows.h"
#include "immudb/cursor.h"
#include "latencies.h"
#include "measure.h"
#include "programs.h"

namespace immudb::bench {
namespace {

constexpr std::uint64_t kReads = 500'000;
constexpr std::uint64_t kTimedReads = 100'000;
constexpr std::uint64_t kVersions = 200'000;
constexpr std::uint64_t kMembers = 200'000;
constexpr std::uint64_t kBatch = 1000;

// Reads a whole answer in pieces and returns how many items it had.
template <typename Item>
std::uint64_t ReadAll(Result<std::unique_ptr<Cursor<Item>>> opened) {
  const auto cursor = Must(std::move(opened));
  std::uint64_t count = 0;
  std::vector<Item> items;
  for (bool more = true; more; items.clear()) {
    more = Must(cursor->Read({.rows = 4096}, items));
    count += items.size();
  }
  return count;
}

void Expect(std::uint64_t count, std::uint64_t expected) {
  if (count != expected) GiveUp(Text("{} items, not {}", count, expected));
}

template <typename Add>
void CommitInBatches(Ledger& ledger, std::uint64_t count, const Add& add) {
  for (std::uint64_t i = 0; i < count;) {
    WriteBatch batch;
    for (const std::uint64_t end = std::min(i + kBatch, count); i < end; ++i) add(batch, i);
    Must(ledger.Commit(std::move(batch)));
  }
}

// Adds rows about one ledger that are wanted; the ledger is made when the first of them is.
class Rows {
 public:
  Rows(const Options& options, Report& report) : options_(options), report_(report) {}

  template <typename Work>
  void Add(World& world, const std::string& what, std::uint64_t count, const Work& work) {
    const std::string name = what + ", written";
    if (options_.is_wanted(name)) {
      report_.Add(Measure(name, count, world.ledger(), [&] { work(world.ledger()); }));
    }
  }

 private:
  const Options& options_;
  Report& report_;
};

bool IsAnyWanted(const Options& options, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return options.is_wanted(name + ", written");
  });
}

// Long answers over random keys.
void ScanRandomKeys(const Options& options, Report& report) {
  const std::string keys = "scan, keys only";
  const std::string backwards = "scan, keys only, backwards";
  const std::string values = "scan with values, random order";
  const std::string entries_in_order = "entries in order of the log";
  const std::string count = "count keys";
  const std::string versions = "all versions, random order";
  if (!IsAnyWanted(options, {keys, backwards, values, entries_in_order, count, versions})) return;
  const std::uint64_t entries = options.entries;
  World world(options.directory + "/ledger", Durability::kWritten);
  WriteRandom(world.ledger(), 0, entries);
  AwaitQuiet(getpid());
  Rows rows(options, report);
  rows.Add(world, keys, entries,
           [&](Ledger& ledger) { Expect(ReadAll(ledger.Scan({.with_values = false})), entries); });
  rows.Add(world, backwards, entries, [&](Ledger& ledger) {
    Expect(ReadAll(ledger.Scan({.order = ScanOrder::kReverse, .with_values = false})), entries);
  });
  rows.Add(world, values, entries,
           [&](Ledger& ledger) { Expect(ReadAll(ledger.Scan({})), entries); });
  rows.Add(world, entries_in_order, entries,
           [&](Ledger& ledger) { Expect(ReadAll(ledger.EntriesFrom({0})), entries); });
  rows.Add(world, count, entries, [&](Ledger& ledger) { Expect(ReadAll(ledger.CountKeys()), 1); });
  rows.Add(world, versions, entries,
           [&](Ledger& ledger) { Expect(ReadAll(ledger.AllVersions()), entries); });
}

void AddMembers(Ledger& ledger, const Bytes& set) {
  for (std::uint64_t i = 0; i < kMembers;) {
    std::vector<Operation> operations;
    for (const std::uint64_t end = i + kBatch; i < end; ++i) {
      operations.emplace_back(SortedSetOperation{.set = set,
                                                 .score = static_cast<double>(Mix(i) % kMembers),
                                                 .target = {.key = {}, .index = LeafIndex{i}}});
    }
    Must(ledger.Commit(Must(ledger.BindOperations(operations))));
  }
}

// Keys that are in order, many versions of one key, and a sorted set.
void ScanOrderedKeys(const Options& options, Report& report) {
  const std::string forwards = "scan with values, order of the log";
  const std::string backwards = "scan with values, backwards";
  const std::string history = "history of one key of 200,000 versions";
  const std::string versions = "count versions";
  const std::string members = "scan of a sorted set of 200,000, random targets";
  if (!IsAnyWanted(options, {forwards, backwards, history, versions, members})) return;
  const std::uint64_t entries = std::max(options.entries, kMembers);
  World world(options.directory + "/ledger", Durability::kWritten);
  Ledger& ledger = world.ledger();
  CommitInBatches(ledger, entries,
                  [&](WriteBatch& batch, std::uint64_t i) { batch.Set(SequentialKey(i), kValue); });
  Must(ledger.Checkpoint());
  AwaitQuiet(getpid());
  Rows rows(options, report);
  rows.Add(world, forwards, entries, [&](Ledger&) { Expect(ReadAll(ledger.Scan({})), entries); });
  rows.Add(world, backwards, entries,
           [&](Ledger&) { Expect(ReadAll(ledger.Scan({.order = ScanOrder::kReverse})), entries); });
  CommitInBatches(ledger, kVersions,
                  [&](WriteBatch& batch, std::uint64_t) { batch.Set(AsBytes("one"), kValue); });
  rows.Add(world, history, kVersions, [&](Ledger&) {
    Expect(ReadAll(ledger.History({.key = {'o', 'n', 'e'}})), kVersions);
  });
  rows.Add(world, versions, kVersions,
           [&](Ledger&) { Expect(ReadAll(ledger.CountVersions(AsBytes("one"))), 1); });
  const Bytes set{'s', 'e', 't'};
  if (!options.is_wanted(members)) return;
  AddMembers(ledger, set);
  rows.Add(world, members, kMembers,
           [&](Ledger&) { Expect(ReadAll(ledger.ScanSortedSet({.set = set})), kMembers); });
}

}  // namespace

Row MeasureGets(const std::string& name, std::uint64_t entries, Ledger& ledger) {
  const auto get = [&](std::uint64_t i) {
    if (Must(ledger.Get(RandomKey(Mix(i) % entries))).value.size() != kValueBytes) {
      GiveUp("a value has lost its bytes");
    }
  };
  Row row = Measure(name, kReads, ledger, [&] {
    for (std::uint64_t i = 0; i < kReads; ++i) get(i);
  });
  Latencies times;
  for (std::uint64_t i = kReads; i < kReads + kTimedReads; ++i) {
    const auto start = Clock::now();
    get(i);
    times.Add(Clock::now() - start);
  }
  row.figures.push_back({"p50_us", times.QuantileUs(0.5), {}});
  row.figures.push_back({"p99_us", times.QuantileUs(0.99), {}});
  return row;
}

void MeasureReads(const Options& options, Report& report) {
  const std::string get = "get with its log read, 1 thread, written";
  const std::string proof = "inclusion proof, 1 thread, written";
  if (!options.is_wanted(get) && !options.is_wanted(proof)) return;
  World world(options.directory + "/ledger", Durability::kWritten);
  Ledger& ledger = world.ledger();
  WriteRandom(ledger, 0, options.entries);
  AwaitQuiet(getpid());
  if (options.is_wanted(get)) report.Add(MeasureGets(get, options.entries, ledger));
  if (!options.is_wanted(proof)) return;
  report.Add(Measure(proof, kReads, ledger, [&] {
    for (std::uint64_t i = 0; i < kReads; ++i) {
      if (Must(ledger.ProveInclusion({Mix(i) % options.entries})).path.empty()) {
        GiveUp("a proof is empty");
      }
    }
  }));
}

void MeasureScans(const Options& options, Report& report) {
  ScanRandomKeys(options, report);
  ScanOrderedKeys(options, report);
}

}  // namespace immudb::bench
