// The key index of a ledger: from a key to all its versions, and the keys in order.
//
// Versions are added in memory and move to immutable run files with each checkpoint:
//
//   Add -> hash part -> sorted arrays -> Freeze -> WriteFrozen -> manifest -> Install -> run
//             (active)  (MergeMemory)
//
// Nothing is ever removed: a reader names the snapshot it wants by a number of entries and finds
// the same answers for ever. The index is derived from the log: versions that no durable manifest
// covers are added again after a crash.
//
// Each role is one thread at a time, and all go on side by side: the *writer* (Add, Freeze), the
// *sorter* (MergeMemory), the *maintainer* (WriteFrozen, Adopt, Install, RemoveLeftovers), the
// *merger* (StartMerge and what it returns), and any number of readers.
//
// Cost, for 10 M random keys of 16 bytes, CPU time on a busy machine: Add 25 ns on the writer's
// thread, 0.15 us more for merging in memory, 0.2 us for writing runs and 0.2 us for merging them.
// Find 0.4 us for an absent and 1 us for a present key in a memtable of a million; 2-5 us where it
// walks cached blocks beyond the CPU's caches. 45 bytes a version in memory, 21.4 on disk.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "immudb/result.h"
#include "index/hash_part.h"
#include "index/memory_budget.h"
#include "index/run.h"
#include "index/run_build.h"
#include "index/scan.h"

namespace immudb::index {

// Thread-safe, with the roles above.
class KeyIndex {
 public:
  struct Options {
    LedgerId ledger{};
    // Merge runs on disk when this many neighbours are of like size.
    std::size_t runs_per_tier = 4;
  };

  // What the index works with and does not own; must outlive it.
  struct Environment {
    io::FileSystem& files;
    io::BlockCache& cache;
    MemoryBudget& budget;  // Shared by all ledgers of a process.
  };

  // Opens the index whose durable part is `runs`, oldest first, as the manifest lists them. Creates
  // the directory if there is none; its parent is the caller's to sync.
  // Errors: kNotFound, kCorrupted (a run is missing or damaged: rebuild the index), kUnsupported,
  // kIo.
  static Result<std::unique_ptr<KeyIndex>> Open(const Environment& environment,
                                                std::string directory, const Options& options,
                                                std::span<const RunInfo> runs);

  // Only for Open.
  class Private;
  KeyIndex(Private, const Environment& environment, std::string directory, const Options& options);
  ~KeyIndex();
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // Writer. Adds versions in the order of their indexes, which are above all added before and not
  // below the size of any Freeze. A reader sees them if its snapshot, made from a size that was
  // published after Add returned, contains them. Never fails; memory counts against the budget.
  // Requires: keys of at most kKeyBytesMax bytes.
  void Add(std::span<const NewVersion> versions);

  // Writer. Marks everything added so far, which is everything below `size`, for the next
  // WriteFrozen. Takes no time to speak of.
  void Freeze(TreeSize size);

  // Reader. The newest version of `key` with an index below `size`.
  // Errors: kIo, kCorrupted; kUnavailable if only memory may be used and is not enough.
  Result<std::optional<Version>> Find(BytesView key, TreeSize size,
                                      Access access = Access::kDisk) const;

  // Reader. The keys of the snapshot `size`, in order.
  ScanCursor Scan(TreeSize size, Access access = Access::kDisk) const;

  // Reader. The versions of `key` in the snapshot `size`, beginning with `from` or what follows it
  // in `order`.
  VersionCursor Versions(BytesView key, LeafIndex from, VersionOrder order, TreeSize size) const;

  // Reader. All versions of all keys in the snapshot `size`.
  AllVersionsCursor AllVersions(TreeSize size) const;

  // Sorter. Sorts and merges what lies in memory, in tiers. Call it when NeedsMemoryMerge; nobody
  // waits for it.
  void MergeMemory();
  bool NeedsMemoryMerge() const;

  // Maintainer. Writes what is frozen as a run, durable with its name, and returns the run list for
  // the manifest that covers it; the present list if nothing is frozen. Readers see no change.
  // Errors: kExhausted, kIo: nothing changed, a later call tries again with a new file.
  Result<std::vector<RunInfo>> WriteFrozen();

  // Merger. Begins to merge the newest runs that are of like size into one; null if there are none.
  // It takes a while, and its steps disturb nobody. One merge at a time; it must not outlive the
  // index.
  std::unique_ptr<RunBuild> StartMerge();

  // Maintainer. Takes over a merge that is complete, and returns the run list for the next
  // manifest. Requires: the newest merge that was started.
  std::vector<RunInfo> Adopt(std::unique_ptr<RunBuild> merge);

  // Maintainer and merger. StartMerge, all steps, and Adopt; the present list if there is nothing
  // to merge. Errors: kExhausted, kIo, kCorrupted: nothing changed.
  Result<std::vector<RunInfo>> WriteMerged();

  // Maintainer. Lets readers use the run that the last WriteFrozen or Adopt was about, releases
  // the memory or removes the files it replaces, as soon as no reader holds them. Call it once the
  // manifest with the returned list is durable; if that failed, do not: the old state goes on.
  // Errors: kIo if a replaced file could not be removed; it is then a leftover.
  Status Install();

  // Maintainer. Removes run files that the manifest did not name. Call it only after the manifest
  // has been read and verified. Errors: kIo.
  Status RemoveLeftovers();

  // Everything below is in runs that were installed.
  TreeSize covered() const;
  std::vector<RunInfo> runs() const;
  // Of versions not yet in an installed run.
  std::uint64_t memory_bytes() const;

 private:
  struct Layer;
  struct State;
  struct Pending;
  struct LayerRange {
    std::size_t begin = 0;
    std::size_t count = 0;
  };
  struct RunPlan {
    LeafIndex from;
    LeafIndex to;
    std::uint64_t keys_max = 0;
  };
  using StatePointer = std::shared_ptr<const State>;  // Shared by the index and its readers.

  Status OpenRuns(std::span<const RunInfo> runs);
  StatePointer state() const;
  // Replaces the state by what `change`, a callable on a State&, makes of it.
  template <typename Change>
  void ChangeState(Change&& change);
  void StartPart();
  static LayerRange LayersToMerge(const State& state);
  void UpdateNeedsMerge(const State& state);
  SnapshotCursor Snapshot(TreeSize size, Access access) const;

  std::unique_ptr<RunBuild> NewBuild(const RunPlan& plan, std::shared_ptr<const void> pins,
                                     std::unique_ptr<Cursor> cursor);
  std::vector<RunInfo> PendingRuns() const;
  Status RemoveObsolete();

  io::FileSystem& files_;
  io::BlockCache& cache_;
  MemoryBudget& budget_;
  const std::string directory_;
  const Options options_;
  const std::uint64_t hash_seed_;

  // The writer's.
  HashPart* active_ = nullptr;  // The newest layer of the state.
  std::uint64_t next_index_ = 0;

  std::atomic<std::uint64_t> next_number_{1};  // Of a run.

  // The merger's, and read by Adopt: which runs the newest merge replaces.
  std::size_t merge_kept_ = 0;
  std::size_t merge_replaced_ = 0;

  // The maintainer's.
  std::unique_ptr<Pending> pending_;
  std::vector<Run::Pointer> obsolete_;  // Replaced, and removed when no reader is left.

  std::atomic<bool> needs_memory_merge_{false};

  mutable Mutex mutex_;  // Held for pointer copies only.
  StatePointer state_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::index
