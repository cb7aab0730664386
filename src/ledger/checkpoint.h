// Checkpoints: the derived files brought to one size c of the log, and a manifest that says so.
//
// Order, each step durable before the next: the log up to c; new pages of tree and offsets and a
// new run of the index; their directories; the manifest, replaced atomically. Recovery trusts
// derived bytes only below the manifest's c, so a crash between two steps costs only the work.
//
// A small reserve file stands by for a full disk: a checkpoint that finds none gives it up once, so
// that memory can still be written out and freed.

#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "index/manifest.h"
#include "ledger/environment.h"
#include "ledger/pipeline.h"
#include "ledger/storage.h"

namespace immudb::ledger {

inline constexpr char kManifestName[] = "manifest";
inline constexpr char kReserveName[] = "reserve";

// Thread-safe.
class Checkpointer {
 public:
  // `newest` is the manifest the ledger was opened with, if it holds for the open files.
  Checkpointer(Storage& storage, const Environment& environment, Pipeline& pipeline,
               std::optional<index::Manifest> newest);

  // Writes a checkpoint of everything prepared when it begins; nothing to do if the newest one says
  // all there is. Errors: kExhausted, kIo: derived files are then behind, and nothing is lost.
  enum class Merging : std::uint8_t { kRuns, kLeave };
  Status Run(Merging merging) IMMUDB_EXCLUDES(mutex_);

  // Runs if so much was logged or held in memory that it is time; logs a failure, and waits some
  // seconds after one.
  void RunIfDue();

  // How many entries the newest checkpoint covers.
  std::uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }
  std::uint64_t derived_bytes() const { return derived_bytes_.load(std::memory_order_relaxed); }

 private:
  Status RunOnce(Merging merging) IMMUDB_REQUIRES(mutex_);
  // Returns the runs that the index will then consist of.
  Result<std::vector<index::RunInfo>> WriteDerived(const PreparedState& state)
      IMMUDB_REQUIRES(mutex_);
  Status WriteManifest(const PreparedState& state, std::vector<index::RunInfo> runs)
      IMMUDB_REQUIRES(mutex_);
  // Makes `manifest` the newest one, durably, and lets the index use the runs it names.
  Status Publish(index::Manifest manifest) IMMUDB_REQUIRES(mutex_);
  // Merges runs of like size, one merge at a time, until none are left.
  Status MergeRuns() IMMUDB_REQUIRES(mutex_);
  bool IsDue();
  // Creates the reserve file if it is missing, or fills it up; a full disk leaves it missing.
  void KeepReserve();

  Storage& storage_;
  const Environment& environment_;
  Pipeline& pipeline_;
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::uint64_t> derived_bytes_{0};

  std::atomic<bool> full_{false};   // The last checkpoint found no space: another is due.
  std::int64_t not_before_ns_ = 0;  // RunIfDue's: a failed one is not tried again before.

  Mutex& mutex_;  // The pipeline's index_maintenance_mutex; held over a whole checkpoint.
  std::optional<index::Manifest> newest_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::ledger
