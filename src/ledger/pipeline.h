// The commit pipeline: all writes of a ledger pass through it, in groups and in one order.
//
//   Submit ──▶ queue ──▶ PREPARE ───────────▶ SYNC ─────────▶ PUBLISH
//                        one thread at a      one at a time,  published = end of the group,
//                        time: indexes,       for all groups  then the callbacks
//                        digests, tree,       prepared before
//                        index, one write     it
//
// Who works: whoever puts a batch into an empty queue is responsible for draining it, itself if it
// waits for the result anyway, else through an executor. While a sync runs, what arrives waits for
// its end and forms the next group (unless it is so much that preparing it meanwhile pays); the
// flush time forms the groups, there is no artificial delay.
//
// Failure: a batch is refused whole before it takes an index, or, after a failed write or sync,
// with everything that was prepared and not published; the ledger then takes no writes until
// reopened. Space is taken only by Log::Extend: a group enters the log only if it fits into
// extended space. On a full disk only the batches that do not fit are refused.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/mutex.h"
#include "immudb/ledger.h"
#include "ledger/edge.h"
#include "ledger/environment.h"
#include "ledger/storage.h"
#include "proof/entry_digest.h"

namespace immudb::ledger {

// The state after the newest prepared group: what a checkpoint describes.
struct PreparedState {
  TreeSize size;
  Digest root{};
  log::LogPosition log_end;
  std::int64_t last_time_us = 0;
  EdgeTracker edge;
};

// Thread-safe.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): grouped by lock, one per ledger.
class Pipeline {
 public:
  // Continues after `start`. `storage` and `environment` must outlive it.
  Pipeline(Storage& storage, const Environment& environment, const PreparedState& start);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // See Ledger.
  void Submit(WriteBatch batch, Ledger::CommitCallback done);
  Result<CommitResult> Commit(WriteBatch batch);

  // Runs `freeze` at a moment when no group is being prepared and returns the state at that moment.
  PreparedState Pause(const std::function<void(const PreparedState&)>& freeze);

  // Makes everything prepared so far durable. Errors: kIo, kClosed; writes are then refused.
  Status SyncAll();

  // Appends a seal if all that was written is synced, nothing is queued and no seal stands last.
  void SealIfIdle();

  // Refuses new batches and returns when every queued one was answered. `reason` is kClosed's text.
  void Stop();

  // Refuses new batches with kExhausted, or takes them again: for the owner of derived files.
  void SetDerivedFull(bool full);

  std::uint64_t groups() const { return groups_.load(std::memory_order_relaxed); }
  std::uint64_t queued_batches() const;
  bool accepts_writes() const;
  // A write or sync has failed: nothing more is written until the ledger is opened again.
  bool failed() const;

  // Held by whoever changes what the index consists of: a checkpoint.
  Mutex& index_maintenance_mutex() { return index_mutex_; }

 private:
  struct Pending {
    WriteBatch batch;
    Ledger::CommitCallback done;
    std::uint64_t held_bytes = 0;
    std::vector<WriteBatch::LateBinding> late_bindings{};
    Bytes framed{};  // The batch's entries, once prepared, if they were not copied.
    CommitResult result{};
  };
  struct Group {
    std::vector<Pending> batches{};
    std::uint64_t body_bytes = 0;
    TreeSize end{};
    log::LogPosition log_end{};
  };
  enum class Worker : std::uint8_t {
    kCaller,     // A thread that waits for its own batch: does everything itself.
    kCommitter,  // Must not wait for the disk.
    kSyncer,     // Prepares and then waits for the disk.
  };
  enum class WhenFull : std::uint8_t { kRefuse, kWait };
  enum class State : std::uint8_t { kOpen, kStopping, kFailed };

  // Why a batch of so many bytes cannot enter the queue now, if so.
  Status CheckOpen(std::uint64_t bytes) const IMMUDB_REQUIRES(queue_mutex_);
  // Puts the batch into the queue and returns whether draining it is now the caller's turn; or
  // refuses, and leaves `done` alone.
  Result<bool> Enqueue(WriteBatch batch, Ledger::CommitCallback& done, WhenFull when_full);
  // Runs `task` on `executor`; Stop waits for it.
  void Post(Executor& executor, std::function<void()> task);
  void PostAfterASecond(std::function<void()> task);
  void FinishTask(const std::function<void()>& task);

  enum class Taken : std::uint8_t { kNothing, kPart, kAll };

  // Prepares what is queued, unless a sync forms the next group or space is missing.
  void Lead(Worker worker);
  Taken TakeGroup(Group& group) IMMUDB_REQUIRES(lead_mutex_);
  // How many batches from the front of the queue fit into one group, and their bytes.
  std::size_t MeasureGroup(std::uint64_t& body_bytes) const IMMUDB_REQUIRES(queue_mutex_);
  Status Prepare(Group& group) IMMUDB_REQUIRES(lead_mutex_);
  void FrameBatches(Group& group) IMMUDB_REQUIRES(lead_mutex_);
  void FinishBatch(Pending& pending, std::span<std::uint8_t> framed) IMMUDB_REQUIRES(lead_mutex_);
  Result<log::LogPosition> AppendGroup(const Group& group) IMMUDB_REQUIRES(lead_mutex_);
  PreparedState StateLocked() const IMMUDB_REQUIRES(lead_mutex_);

  // Syncs what is prepared, publishes it, and sees to what follows.
  void Sync();
  Status SyncTo(log::LogPosition end) IMMUDB_EXCLUDES(sync_mutex_);
  void Publish(TreeSize size) { storage_.published.store(size.value, std::memory_order_release); }
  void Answer(std::vector<Pending>& batches, const Status& status);
  void Answer(std::vector<Group>& groups, const Status& status);
  // After a failed write or sync: `groups` and everything else unpublished is refused, for good.
  // The callbacks run later, on another thread.
  void FailAll(const Error& error, std::vector<Group> groups);

  // Makes room for a record with a body of `body_bytes`, for which the queue waits. If there is no
  // space, refuses the batches that do not fit, and goes on with the others.
  void ExtendLog(std::uint64_t body_bytes);
  Status ExtendBy(std::uint64_t body_bytes) IMMUDB_EXCLUDES(extend_mutex_);
  std::vector<Pending> TakeUnfitting() IMMUDB_REQUIRES(queue_mutex_);
  void ExtendAhead();
  void MergeMemory();

  Storage& storage_;
  const Environment& environment_;
  const bool durable_;

  std::atomic<std::uint64_t> groups_{0};
  std::atomic<bool> extending_ahead_{false};
  std::atomic<bool> merging_memory_{false};

  // Preparing: held by one thread at a time, over the log's write.
  mutable Mutex lead_mutex_;
  TreeSize prepared_ IMMUDB_GUARDED_BY(lead_mutex_);
  std::int64_t last_time_us_ IMMUDB_GUARDED_BY(lead_mutex_) = 0;
  bool sealed_ IMMUDB_GUARDED_BY(lead_mutex_) = true;
  EdgeTracker edge_ IMMUDB_GUARDED_BY(lead_mutex_);
  // Reused from group to group.
  Bytes body_ IMMUDB_GUARDED_BY(lead_mutex_);
  std::vector<BytesView> parts_ IMMUDB_GUARDED_BY(lead_mutex_);
  std::vector<proof::EntryView> to_hash_ IMMUDB_GUARDED_BY(lead_mutex_);
  std::vector<index::NewVersion> versions_ IMMUDB_GUARDED_BY(lead_mutex_);
  std::vector<std::uint64_t> offsets_ IMMUDB_GUARDED_BY(lead_mutex_);  // Within the body.
  std::vector<Digest> digests_ IMMUDB_GUARDED_BY(lead_mutex_);

  Mutex sync_mutex_;    // Held over Log::Sync: one at a time.
  Mutex extend_mutex_;  // Held over Log::Extend: one at a time.
  Mutex memory_mutex_;  // Held over a merge in memory: one at a time.
  Mutex index_mutex_;   // See index_maintenance_mutex.

  mutable Mutex queue_mutex_;
  ConditionVariable drained_;
  State state_ IMMUDB_GUARDED_BY(queue_mutex_) = State::kOpen;
  Error failure_ IMMUDB_GUARDED_BY(queue_mutex_) = {};
  bool log_full_ IMMUDB_GUARDED_BY(queue_mutex_) =
      false;  // Not even a small extension is possible.
  bool retry_posted_ IMMUDB_GUARDED_BY(queue_mutex_) = false;
  bool derived_full_ IMMUDB_GUARDED_BY(queue_mutex_) = false;
  bool waiting_for_space_ IMMUDB_GUARDED_BY(queue_mutex_) = false;
  bool sync_active_ IMMUDB_GUARDED_BY(queue_mutex_) = false;
  bool deferred_ IMMUDB_GUARDED_BY(queue_mutex_) = false;
  std::uint32_t tasks_ IMMUDB_GUARDED_BY(queue_mutex_) = 0;       // Posted, and not yet finished.
  std::uint64_t unanswered_ IMMUDB_GUARDED_BY(queue_mutex_) = 0;  // Queued or prepared batches.
  std::vector<Pending> queue_ IMMUDB_GUARDED_BY(queue_mutex_);
  std::uint64_t queued_bytes_ IMMUDB_GUARDED_BY(queue_mutex_) = 0;
  std::vector<Group> prepared_groups_ IMMUDB_GUARDED_BY(queue_mutex_);
};

}  // namespace immudb::ledger
