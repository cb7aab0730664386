// Checkpoints: the derived files brought to one size c of the log, and a manifest that says so.
//
// Order, each step durable before the next: the log up to c; new pages of tree and offsets and a
// new run of the index; their directories; the manifest, replaced atomically. Recovery trusts
// derived bytes only below the manifest's c, so a crash between two steps costs only the work.
//
// Merging runs takes long and comes after: it holds no lock that a checkpoint or a merge in memory
// wants, goes in pieces on an executor of its own, and rests between them so that all ledgers
// together keep to a limit of bytes per second.
//
// A small reserve file stands by for a full disk: a checkpoint that finds none gives it up once, so
// that memory can still be written out and freed.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
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

  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Writes a checkpoint of everything prepared when it begins; nothing to do if the newest one says
  // all there is. With kRuns, merges runs until none are of like size. Errors: kExhausted, kIo:
  // derived files are then behind, and nothing is lost.
  enum class Merging : std::uint8_t { kRuns, kLeave };
  Status Run(Merging merging) IMMUDB_EXCLUDES(mutex_);

  // Runs if so much was logged or held in memory that it is time, and lets runs be merged
  // afterwards; logs a failure, and waits some seconds after one.
  void RunIfDue();

  // Returns when no run is being merged in the background; none will be from then on.
  void StopMerging();

  // How many entries the newest checkpoint covers.
  std::uint64_t entries() const { return entries_.load(std::memory_order_relaxed); }
  std::uint64_t derived_bytes() const { return derived_bytes_.load(std::memory_order_relaxed); }

 private:
  // Lets tasks find out that the checkpointer is gone. Shared by it and them.
  struct Link {
    Mutex mutex;  // Held over one piece of a merge.
    Checkpointer* owner IMMUDB_GUARDED_BY(mutex) = nullptr;
  };

  Status RunOnce() IMMUDB_REQUIRES(mutex_);
  // Returns the runs that the index will then consist of.
  Result<std::vector<index::RunInfo>> WriteDerived(const PreparedState& state)
      IMMUDB_REQUIRES(mutex_);
  Status WriteManifest(const PreparedState& state, std::vector<index::RunInfo> runs)
      IMMUDB_REQUIRES(mutex_);
  // Makes `manifest` the newest one, durably, and lets the index use the runs it names.
  Status Publish(index::Manifest manifest) IMMUDB_REQUIRES(mutex_);
  // Merges runs of like size, one merge at a time, until none are left.
  Status MergeRuns() IMMUDB_EXCLUDES(mutex_);
  // Merges about `bytes` of runs, beginning a merge or going on with one; adds what it wrote to
  // `written_bytes`. Returns whether nothing is left to merge. Errors: the merge is given up.
  Result<bool> MergeSome(std::uint64_t bytes, std::uint64_t& written_bytes)
      IMMUDB_EXCLUDES(merge_mutex_, mutex_);
  void MergeInBackground();
  void PostMerge(std::chrono::nanoseconds delay);
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

  const std::shared_ptr<Link> link_;
  std::atomic<bool> merge_posted_{false};

  Mutex merge_mutex_;  // Held over one piece of a merge, and before mutex_.
  std::unique_ptr<index::RunBuild> merge_ IMMUDB_GUARDED_BY(merge_mutex_);

  Mutex& mutex_;  // The pipeline's index_maintenance_mutex; held over a whole checkpoint.
  std::optional<index::Manifest> newest_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::ledger
