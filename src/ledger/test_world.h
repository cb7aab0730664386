// A world for tests of the ledger: files in memory, a clock that stands still, seeded randomness,
// and executors that run when told (SteppedWorld) or by themselves (ThreadedWorld).

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "crypto/seeded_random.h"
#include "immudb/engine.h"
#include "io/memory_file_system.h"
#include "ledger/engine.h"

namespace immudb::ledger {

inline constexpr char kTestDirectory[] = "ledger";

// The seed of a random test: IMMUDB_TEST_SEED, or `fallback`.
inline std::uint64_t TestSeed(std::uint64_t fallback) {
  const char* text = std::getenv("IMMUDB_TEST_SEED");
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

inline WriteBatch BatchOf(std::initializer_list<std::pair<std::string, std::string>> entries) {
  WriteBatch batch;
  for (const auto& [key, value] : entries) batch.Set(AsBytes(key), AsBytes(value));
  return batch;
}

inline std::string AsString(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

// Everything on one thread, step by step: the same calls have the same effects, always.
class SteppedWorld {
 public:
  explicit SteppedWorld(EngineOptions options = {}, std::uint64_t seed = 1)
      : files(seed), random_(seed), options_(options) {
    SetLogLevel(LogLevel::kOff);
    MakeNewEngine();
  }
  ~SteppedWorld() { Abandon(); }

  Status Create() { return engine_->CreateLedger(kTestDirectory, "test"); }

  Status Open() {
    Result<std::unique_ptr<Ledger>> opened = engine_->OpenLedger(kTestDirectory);
    if (!opened) return std::move(opened).error();
    ledger = *std::move(opened);
    return {};
  }

  // Runs what the executors hold, until nothing is left that is due.
  void Settle() {
    while (committers_.RunOne() || syncers_.RunOne() || maintenance_.RunOne() ||
           (!hold_merges && merges_.RunOne())) {
    }
  }

  // Runs the merges that are due, whether or not they are held back.
  void MergeRuns() {
    merges_.ElapseDelays();
    while (merges_.RunOne()) {
    }
  }

  // Makes delayed work due, such as maintenance, and runs it.
  void Elapse() {
    syncers_.ElapseDelays();
    maintenance_.ElapseDelays();
    merges_.ElapseDelays();
    Settle();
  }

  // Commits and runs everything until the answer is there.
  Result<CommitResult> Commit(WriteBatch batch) {
    std::optional<Result<CommitResult>> answer;
    ledger->Submit(std::move(batch),
                   [&answer](Result<CommitResult> result) { answer = std::move(result); });
    Settle();
    if (!answer) Elapse();
    return answer.has_value() ? *answer : Result<CommitResult>(Error{Code::kIo, "no answer"});
  }

  Result<CommitResult> Set(const std::string& key, const std::string& value) {
    return Commit(BatchOf({{key, value}}));
  }

  Status Close() {
    if (ledger == nullptr) return {};
    Elapse();
    const Status closed = ledger->Close();
    ledger.reset();
    Settle();
    return closed;
  }

  // The process dies: what was written is there, the rest is gone.
  void Kill() {
    files.KillProcess();
    Abandon();
    MakeNewEngine();
  }

  // The power fails.
  void Crash(io::CrashPolicy policy, std::uint64_t seed) {
    files.Crash(policy, seed);
    Abandon();
    MakeNewEngine();
  }

  // The power fails, and these become of the changes that were not synced.
  void Crash(std::span<const io::Fate> fates, std::uint64_t seed) {
    files.Crash(fates, seed);
    Abandon();
    MakeNewEngine();
  }

  // Returns to an earlier state of the disk, with no process on it.
  void Restore(const io::MemoryFileSystem::Snapshot& snapshot) {
    files.Restore(snapshot);
    Abandon();
    MakeNewEngine();
  }

  io::MemoryFileSystem files;
  FakeClock clock;
  std::unique_ptr<Ledger> ledger;
  bool hold_merges = false;  // Merges of runs wait for MergeRuns.

 private:
  void MakeNewEngine() {
    engine_ = MakeEngine(options_, {.files = files,
                                    .clock = clock,
                                    .random = random_,
                                    .committers = committers_,
                                    .syncers = syncers_,
                                    .maintenance = maintenance_,
                                    .merges = merges_});
  }

  // Ends the ledger without anything more reaching the disk.
  void Abandon() {
    files.FailAt(files.operations(), io::Fault::kIoError, io::FaultRepeat::kSticky);
    Elapse();
    MergeRuns();
    ledger.reset();
    Settle();
    engine_.reset();
    files.ClearFaults();
  }

  crypto::SeededRandom random_;
  const EngineOptions options_;
  ManualExecutor committers_;
  ManualExecutor syncers_;
  ManualExecutor maintenance_;
  ManualExecutor merges_;
  std::unique_ptr<Engine> engine_;
};

// Real threads over files in memory.
class ThreadedWorld {
 public:
  explicit ThreadedWorld(EngineOptions options = {})
      : committers_(options.committer_threads, "committer"),
        syncers_(options.sync_threads, "sync"),
        maintenance_(1, "maintenance"),
        merges_(1, "merges"),
        engine_(MakeEngine(options, {.files = files,
                                     .clock = clock_,
                                     .random = random_,
                                     .committers = committers_,
                                     .syncers = syncers_,
                                     .maintenance = maintenance_,
                                     .merges = merges_})) {}

  void CreateAndOpen() {
    ASSERT_TRUE(engine_->CreateLedger(kTestDirectory, "test"));
    Open();
  }

  void Open() {
    Result<std::unique_ptr<Ledger>> opened = engine_->OpenLedger(kTestDirectory);
    ASSERT_TRUE(opened) << opened.error().message;
    ledger = *std::move(opened);
  }

  io::MemoryFileSystem files;
  std::unique_ptr<Ledger> ledger;

 private:
  SystemClock clock_;
  crypto::SeededRandom random_{1};
  ThreadPool committers_;
  ThreadPool syncers_;
  ThreadPool maintenance_;
  ThreadPool merges_;
  std::unique_ptr<Engine> engine_;

 public:
  // Closes the ledger while its threads still run.
  ~ThreadedWorld() { ledger.reset(); }
};

}  // namespace immudb::ledger
