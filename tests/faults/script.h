// A ledger in memory that lives by a script of steps, and what its client knows: what it submitted,
// in order, and how much of that was acknowledged. For tests that count out all that can happen to
// it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "immudb/result.h"
#include "ledger/test_oracle.h"
#include "ledger/test_world.h"

namespace immudb::faults {

enum class Step : std::uint8_t { kSet, kBatch, kCheckpoint, kMerge, kRoll, kRestart };
inline constexpr std::size_t kSteps = 6;

const char* NameOf(Step step);

// True if IMMUDB_TEST_EXHAUSTIVE is set: every case is tried, not a sample.
bool IsExhaustive();

// Chooses cases by a seed: all of them if the test is exhaustive, else one of `one_in`.
class Sample {
 public:
  Sample(std::uint64_t seed, std::uint64_t one_in);
  bool Takes() { return one_in_ == 1 || random_() % one_in_ == 0; }

 private:
  std::mt19937_64 random_;
  std::uint64_t one_in_;
};

// Not thread-safe.
class Script {
 public:
  explicit Script(std::uint64_t seed = 1);

  // Makes a ledger with entries of every kind, several segments and as many runs as are merged, and
  // closes it. It begins with a batch of `many` entries.
  void Build(std::size_t many = 0);
  // Returns to what Build left.
  void Begin() { Restore(built_); }

  // The disk, with what is not synced, and what the client knows.
  struct Moment {
    io::MemoryFileSystem::Snapshot disk;
    std::vector<std::vector<ledger::ModelEntry>> batches;
    std::uint64_t acknowledged = 0;
  };
  Moment Save() const;
  // Returns to `moment`; no ledger is open then.
  void Restore(const Moment& moment);

  Status Open() { return world.Open(); }
  // Two sets, so that a checkpoint has something to do.
  Status Prepare();
  Status Do(Step step);

  // Opens the ledger and checks it: it holds all that was acknowledged and maybe more of what was
  // submitted, whole batches from the beginning on, with the roots that they have. Takes what is
  // there for all there is. Returns what is wrong; empty: nothing.
  std::string OpenAndCheck();

  // Compares every answer of the open ledger with `model`; where it has many entries, every 23rd of
  // each kind of answer.
  std::string Compare();

  // A set, a restart, and another comparison.
  std::string CheckGoesOn();

  ledger::SteppedWorld world;
  ledger::Oracle model;            // Of all that was submitted.
  std::uint64_t acknowledged = 0;  // So many entries from the beginning on.

 private:
  Status Commit(std::vector<ledger::ModelEntry> batch);
  Status SetOne(std::size_t value_bytes);
  std::string CompareEntry(std::uint64_t index);
  std::string CompareKeys();
  // Forgets what was submitted beyond `size` entries; false if that is no end of a batch.
  bool CutTo(std::uint64_t size);

  std::vector<std::vector<ledger::ModelEntry>> batches_;
  Moment built_;
};

}  // namespace immudb::faults
