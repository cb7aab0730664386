// One life of a ledger, from one seed: several clients write, read and verify, work of the engine
// runs in an order chosen by chance, on a clock and a disk that exist in memory only; calls of the
// disk fail, the process dies, the power fails, the ledger is closed and opened again. Every answer
// is compared with what was acknowledged (ledger/test_oracle.h), and clients check proofs with the
// functions that users have.
//
// The same seed gives the same life: the same calls of the disk, the same tasks and the same
// answers, in the same order.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "crypto/seeded_random.h"
#include "fault_points.h"
#include "immudb/engine.h"
#include "io/memory_file_system.h"
#include "ledger/test_oracle.h"
#include "scheduler.h"

namespace immudb::simulation {

struct Outcome {
  std::string failure;           // What went wrong, and when; empty: nothing.
  std::uint64_t event_hash = 0;  // Of everything that happened.
  std::uint64_t commits = 0;     // Acknowledged calls.
  std::uint64_t entries = 0;
  std::uint64_t reads = 0;  // Answers compared or verified.
  std::uint64_t steps = 0;
  std::uint64_t openings = 0;
  std::uint64_t kills = 0;
  std::uint64_t power_losses = 0;
  std::uint64_t recovered = 0;  // Batches found although they were never acknowledged.
  FaultCounts faults;

  void Add(const Outcome& more);
};

// Not thread-safe.
class Simulation {
 public:
  explicit Simulation(std::uint64_t seed);
  ~Simulation();
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Lives once, until so many calls were acknowledged or something is wrong.
  Outcome Run(std::uint64_t commits);

 private:
  struct Client {
    std::optional<TreeHead> trusted;
    std::uint32_t in_flight = 0;
    std::uint32_t in_flight_max = 1;
  };
  // A call that was not acknowledged: in flight, or refused after it was queued.
  struct Submitted {
    std::uint64_t ticket = 0;
    std::vector<ledger::ModelEntry> entries;
  };

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  bool Chance(std::uint64_t one_in) { return Below(one_in) == 0; }
  void Note(std::uint64_t value);
  void Note(std::string_view text);
  // Records what is wrong, unless something was before.
  void Wrong(const std::string& what);
  void Expect(bool holds, const char* what) {
    if (!holds) Wrong(what);
  }
  bool is_wrong() const { return !outcome_.failure.empty(); }
  // Whether a call may have failed so: a fault has struck since, or the disk has little space.
  bool IsExcused(const Error& error, std::uint64_t struck_before) const;

  void Step();
  void RunTask();
  void ActForClient();
  void Disturb();

  // Calls of clients.
  std::string AnyKey();
  void SubmitSome(std::size_t number);
  std::vector<ledger::ModelEntry> AnyBatch();
  Result<WriteBatch> Bind(std::vector<ledger::ModelEntry>& entries);
  void OnAnswer(std::size_t number, std::uint64_t ticket, const Result<CommitResult>& result);
  void OnAcknowledged(std::size_t number, std::uint64_t ticket, const CommitResult& result);
  void ReadSome(std::size_t number);
  void ReadKey();
  void ReadAt();
  void ReadProven(Client& client);
  void ReadConsistency(Client& client);
  void ReadScan();
  void ReadHistory();
  void ReadEntries();
  template <typename T>
  bool Failed(const Result<T>& answer, const char* what, std::uint64_t struck_before);
  void VerifyOwn(Client& client, LeafIndex index);

  // Life and death of the process.
  void MakeEngine();
  void CreateLedger();
  void OpenLedger();
  void CheckOpened();
  // Takes over what turned up of the calls that were not acknowledged.
  void TakeOver(std::uint64_t entries);
  // Lets the engine finish what it has to do, on a disk with space and without faults.
  void Finish();
  void CloseLedger();
  // Ends the process, alone or with the power.
  void Die();
  // Destroys what the process held; nothing of that reaches the disk.
  void Bury();
  void Reopen();
  void ReopenWithin(std::uint64_t steps);
  void EndShortage();
  void CompareAll();

  std::mt19937_64 random_;
  Outcome outcome_;
  Scheduler scheduler_;
  io::MemoryFileSystem files_;
  crypto::SeededRandom engine_random_;
  EngineOptions options_;
  FaultPlan faults_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Ledger> ledger_;

  ledger::Oracle model_;
  std::vector<Client> clients_;
  std::vector<Submitted> unacknowledged_;  // In the order of their tickets.
  std::uint64_t tickets_ = 0;
  std::uint64_t process_ = 0;  // Counts processes: answers to a dead one's calls mean nothing.
  std::optional<std::uint64_t> submitting_;  // The ticket of the Submit that runs now.
  bool faults_strike_ = true;
  bool power_lost_ = false;      // A planned death has struck.
  bool reopen_soon_ = false;     // The ledger takes no writes any more, or a fault waits for it.
  std::uint64_t reopen_in_ = 0;  // Steps until then.
  bool disk_is_small_ = false;
  bool disk_was_small_ = false;  // Since the ledger was opened.
  std::uint64_t struck_at_open_ = 0;
  std::uint64_t faults_until_ = 0;  // The step at which the planned fault is given up.
};

}  // namespace immudb::simulation
