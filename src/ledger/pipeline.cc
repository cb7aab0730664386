#include "ledger/pipeline.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "ledger/key_rules.h"
#include "log/entry.h"
#include "log/record.h"

namespace immudb::ledger {
namespace {

// A group ends here, so that hashing one does not delay the answer to its first batch for long.
constexpr std::uint64_t kGroupBytesMax = 8u << 20;
// So much queued work takes about as long to prepare as a sync; below it, waiting for the running
// sync makes one larger group, and one write, of it.
constexpr std::uint64_t kOverlapBytes = 256u << 10;
// What a queued batch costs beside its bytes.
constexpr std::uint64_t kQueuedBatchBytes = 128;

}  // namespace

Pipeline::Pipeline(Storage& storage, const Environment& environment, const PreparedState& start)
    : storage_(storage),
      environment_(environment),
      durable_(environment.options.durability == Durability::kDurable),
      prepared_(start.size),
      last_time_us_(start.last_time_us),
      edge_(start.edge) {}

Pipeline::~Pipeline() {
  Stop();
}

Status Pipeline::CheckOpen(std::uint64_t bytes) const {
  switch (state_) {
    case State::kOpen: break;
    case State::kStopping: return Fail(Code::kClosed, "ledger {} is closed", storage_.directory);
    case State::kFailed:
      return Fail(Code::kClosed, "ledger {} takes no writes until it is opened again: {}",
                  storage_.directory, failure_.message);
  }
  if (log_full_ && !storage_.log->Fits(bytes)) {
    return Fail(Code::kExhausted, "no space for the log of ledger {}: free some, writing resumes",
                storage_.directory);
  }
  // Twice the budget is held when checkpoints cannot keep up, or fail.
  const index::MemoryBudget& memtables = environment_.memtables;
  if (derived_full_ || memtables.used_bytes() > 2 * memtables.limit_bytes()) {
    return Fail(Code::kExhausted,
                "the index of ledger {} cannot be written out as fast as it grows: try later, and "
                "free space if the disk is full",
                storage_.directory);
  }
  return {};
}

Result<bool> Pipeline::Enqueue(WriteBatch batch, Ledger::CommitCallback& done, WhenFull when_full) {
  IMMUDB_TRY(CheckBatch(batch, environment_.options.batch_rules));
  const std::uint64_t bytes = batch.encoded().size();
  const std::uint64_t held = bytes + kQueuedBatchBytes;
  if (when_full == WhenFull::kWait) {
    environment_.submit_queue.Take(held);
  } else if (!environment_.submit_queue.TryTake(held)) {
    return Fail(Code::kExhausted, "the queue of writes is full, try later");
  }
  MutexLock lock(queue_mutex_);
  if (Status open = CheckOpen(bytes); !open) {
    environment_.submit_queue.Return(held);
    return std::move(open).error();
  }
  const bool was_empty = queue_.empty();
  queue_.push_back({.batch = std::move(batch), .done = std::move(done), .held_bytes = held});
  queued_bytes_ += bytes;
  unanswered_++;
  if (deferred_ && queued_bytes_ >= kOverlapBytes) {
    deferred_ = false;
    return true;
  }
  return was_empty && !waiting_for_space_;
}

void Pipeline::Submit(WriteBatch batch, Ledger::CommitCallback done) {
  const Result<bool> my_turn = Enqueue(std::move(batch), done, WhenFull::kRefuse);
  if (!my_turn) return done(my_turn.error());
  if (!*my_turn) return;
  // A syncer may wait for the disk afterwards, which saves a hand-over.
  if (durable_) {
    Post(environment_.syncers, [this] { Lead(Worker::kSyncer); });
  } else {
    Post(environment_.committers, [this] { Lead(Worker::kCommitter); });
  }
}

Result<CommitResult> Pipeline::Commit(WriteBatch batch) {
  struct Waiter {
    std::atomic<int> answered = 0;
    Result<CommitResult> result = CommitResult{};
  } waiter;
  Ledger::CommitCallback done = [&waiter](Result<CommitResult> result) {
    waiter.result = std::move(result);
    waiter.answered.store(1, std::memory_order_release);
    waiter.answered.notify_one();
  };
  IMMUDB_ASSIGN(const bool my_turn, Enqueue(std::move(batch), done, WhenFull::kWait));
  if (my_turn) Lead(Worker::kCaller);
  waiter.answered.wait(0, std::memory_order_acquire);
  return std::move(waiter.result);
}

void Pipeline::FinishTask(const std::function<void()>& task) {
  task();
  MutexLock lock(queue_mutex_);
  if (--tasks_ == 0) drained_.NotifyAll();
}

void Pipeline::Post(Executor& executor, std::function<void()> task) {
  {
    MutexLock lock(queue_mutex_);
    tasks_++;
  }
  executor.Post([this, task = std::move(task)] { FinishTask(task); });
}

void Pipeline::PostAfterASecond(std::function<void()> task) {
  {
    MutexLock lock(queue_mutex_);
    tasks_++;
  }
  environment_.syncers.PostAfter(std::chrono::seconds(1),
                                 [this, task = std::move(task)] { FinishTask(task); });
}

void Pipeline::Lead(Worker worker) {
  std::vector<Group> published;
  std::vector<Group> refused;
  Status prepared;
  bool run_sync = false;
  {
    MutexLock lead(lead_mutex_);
    Taken taken = Taken::kPart;
    while (taken == Taken::kPart && prepared) {
      Group group;
      taken = TakeGroup(group);
      if (taken == Taken::kNothing) break;
      prepared = Prepare(group);
      if (!prepared) {
        refused.push_back(std::move(group));
      } else if (durable_) {
        MutexLock lock(queue_mutex_);
        prepared_groups_.push_back(std::move(group));
        run_sync = run_sync || !std::exchange(sync_active_, true);
      } else {
        Publish(group.end);
        published.push_back(std::move(group));
      }
    }
  }
  if (!prepared) FailAll(prepared.error(), std::move(refused));
  Answer(published, {});
  if (!run_sync) return;
  if (worker == Worker::kCommitter) {
    Post(environment_.syncers, [this] { Sync(); });
  } else {
    Sync();
  }
}

std::size_t Pipeline::MeasureGroup(std::uint64_t& body_bytes) const {
  body_bytes = 0;
  std::size_t count = 0;
  for (const Pending& pending : queue_) {
    const std::uint64_t bytes = body_bytes + pending.batch.encoded().size();
    if (count > 0 && bytes > kGroupBytesMax) break;
    if (!storage_.log->Fits(bytes)) break;
    body_bytes = bytes;
    count++;
  }
  return count;
}

Pipeline::Taken Pipeline::TakeGroup(Group& group) {
  std::uint64_t missing_bytes = 0;
  {
    MutexLock lock(queue_mutex_);
    if (queue_.empty() || waiting_for_space_) return Taken::kNothing;
    if (sync_active_ && queued_bytes_ < kOverlapBytes) {
      deferred_ = true;
      return Taken::kNothing;
    }
    const std::size_t count = MeasureGroup(group.body_bytes);
    if (count == queue_.size()) {
      group.batches.swap(queue_);
      queued_bytes_ = 0;
      return Taken::kAll;
    }
    if (count > 0) {
      const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
      std::move(queue_.begin(), end, std::back_inserter(group.batches));
      queue_.erase(queue_.begin(), end);
      queued_bytes_ -= group.body_bytes;
      return Taken::kPart;
    }
    waiting_for_space_ = true;
    missing_bytes = queue_.front().batch.encoded().size();
  }
  Post(environment_.syncers, [this, missing_bytes] { ExtendLog(missing_bytes); });
  return Taken::kNothing;
}

void Pipeline::Sync() {
  std::vector<Group> groups;
  {
    MutexLock lock(queue_mutex_);
    groups.swap(prepared_groups_);
  }
  // Empty if a failed write refused them meanwhile.
  if (groups.empty()) return;
  const Status synced = SyncTo(groups.back().log_end);
  if (!synced) return FailAll(synced.error(), std::move(groups));
  Publish(groups.back().end);
  bool sync_again = false;
  bool lead_next = false;
  {
    MutexLock lock(queue_mutex_);
    sync_again = !prepared_groups_.empty();
    sync_active_ = sync_again;
    lead_next = !sync_again && std::exchange(deferred_, false);
  }
  // The next sync starts before this one's callbacks run.
  if (sync_again) Post(environment_.syncers, [this] { Sync(); });
  if (lead_next) Post(environment_.syncers, [this] { Lead(Worker::kSyncer); });
  Answer(groups, {});
}

Status Pipeline::SyncTo(log::LogPosition end) {
  MutexLock sync(sync_mutex_);
  if (storage_.log->durable_end() >= end) return {};
  IMMUDB_ASSIGN(const log::LogPosition durable, storage_.log->Sync());
  IMMUDB_CHECK(durable >= end);
  return {};
}

Status Pipeline::SyncAll() {
  Status synced = SyncTo(storage_.log->end());
  if (!synced) FailAll(synced.error(), {});
  return synced;
}

void Pipeline::Answer(std::vector<Pending>& batches, const Status& status) {
  if (batches.empty()) return;
  for (Pending& pending : batches) {
    environment_.submit_queue.Return(pending.held_bytes);
    if (status) {
      pending.done(pending.result);
    } else {
      pending.done(status.error());
    }
  }
  MutexLock lock(queue_mutex_);
  unanswered_ -= batches.size();
  if (unanswered_ == 0) drained_.NotifyAll();
}

void Pipeline::Answer(std::vector<Group>& groups, const Status& status) {
  for (Group& group : groups) Answer(group.batches, status);
}

void Pipeline::FailAll(const Error& error, std::vector<Group> groups) {
  std::vector<Pending> queued;
  {
    MutexLock lock(queue_mutex_);
    if (state_ != State::kFailed) {
      state_ = State::kFailed;
      failure_ = error;
      Log(LogLevel::kError, "ledger {}: {}; no more writes until it is opened again",
          storage_.directory, error.message);
    }
    queued.swap(queue_);
    queued_bytes_ = 0;
    std::move(prepared_groups_.begin(), prepared_groups_.end(), std::back_inserter(groups));
    prepared_groups_.clear();
    deferred_ = false;
    sync_active_ = false;
  }
  if (queued.empty() && groups.empty()) return;
  // On another thread: whoever noticed the failure may hold locks that a callback wants.
  groups.push_back({.batches = std::move(queued)});
  const auto refused = std::make_shared<std::vector<Group>>(std::move(groups));
  Post(environment_.syncers, [this, refused, error] { Answer(*refused, error); });
}

Status Pipeline::ExtendBy(std::uint64_t body_bytes) {
  MutexLock extend(extend_mutex_);
  return storage_.log->Extend(body_bytes);
}

std::vector<Pipeline::Pending> Pipeline::TakeUnfitting() {
  const auto first =
      std::stable_partition(queue_.begin(), queue_.end(), [this](const Pending& pending) {
        return storage_.log->Fits(pending.batch.encoded().size());
      });
  std::vector<Pending> unfitting(std::make_move_iterator(first),
                                 std::make_move_iterator(queue_.end()));
  queue_.erase(first, queue_.end());
  for (const Pending& pending : unfitting) queued_bytes_ -= pending.batch.encoded().size();
  return unfitting;
}

void Pipeline::ExtendLog(std::uint64_t body_bytes) {
  Status extended = ExtendBy(body_bytes);
  const auto exhausted = [](const Status& status) {
    return !status && status.error().code == Code::kExhausted;
  };
  // One batch that is too large does not make the log full for smaller ones.
  const Status room = exhausted(extended) && body_bytes > 0 ? ExtendBy(0) : extended;
  if (!room && !exhausted(room)) return FailAll(room.error(), {});
  std::vector<Pending> refused;
  bool retry = false;
  {
    MutexLock lock(queue_mutex_);
    if (log_full_ != !room) {
      Log(LogLevel::kWarning, "ledger {}: {}", storage_.directory,
          room ? "space again, writing resumes" : room.error().message);
    }
    log_full_ = !room;
    waiting_for_space_ = false;
    if (!extended) refused = TakeUnfitting();
    retry = !room && state_ == State::kOpen && !std::exchange(retry_posted_, true);
  }
  Answer(refused, extended);
  if (retry) {
    PostAfterASecond([this] {
      {
        MutexLock lock(queue_mutex_);
        retry_posted_ = false;
      }
      ExtendLog(0);
    });
  }
  Lead(Worker::kSyncer);
}

void Pipeline::ExtendAhead() {
  MutexLock extend(extend_mutex_);
  // A full disk is noticed when a group does not fit any more.
  const Status extended = storage_.log->Extend(0);
  if (!extended) Log(LogLevel::kDebug, "log not extended ahead: {}", extended.error().message);
  extending_ahead_ = false;
}

void Pipeline::MergeMemory() {
  merging_memory_ = false;
  MutexLock merging(memory_mutex_);
  storage_.index->MergeMemory();
}

PreparedState Pipeline::StateLocked() const {
  return {.size = prepared_,
          .root = storage_.tree->Root(),
          .log_end = storage_.log->end(),
          .last_time_us = last_time_us_,
          .edge = edge_};
}

PreparedState Pipeline::Pause(const std::function<void(const PreparedState&)>& freeze) {
  MutexLock lead(lead_mutex_);
  PreparedState state = StateLocked();
  freeze(state);
  return state;
}

void Pipeline::SealIfIdle() {
  Result<log::LogPosition> sealed = log::LogPosition{};
  {
    MutexLock lead(lead_mutex_);
    if (sealed_ || storage_.log->durable_end() < storage_.log->end()) return;
    {
      MutexLock lock(queue_mutex_);
      if (!queue_.empty() || state_ == State::kFailed) return;
    }
    if (!storage_.log->Fits(0)) return;
    sealed = storage_.log->AppendSeal({prepared_.value}, last_time_us_, storage_.tree->Root());
    sealed_ = true;
  }
  if (!sealed) FailAll(sealed.error(), {});
}

void Pipeline::Stop() {
  MutexLock lock(queue_mutex_);
  if (state_ == State::kOpen) state_ = State::kStopping;
  while (unanswered_ > 0 || tasks_ > 0) drained_.Wait(queue_mutex_);
}

void Pipeline::SetDerivedFull(bool full) {
  MutexLock lock(queue_mutex_);
  derived_full_ = full;
}

std::uint64_t Pipeline::queued_batches() const {
  MutexLock lock(queue_mutex_);
  return queue_.size();
}

bool Pipeline::failed() const {
  MutexLock lock(queue_mutex_);
  return state_ == State::kFailed;
}

bool Pipeline::accepts_writes() const {
  MutexLock lock(queue_mutex_);
  return CheckOpen(log::kBodyBytesMax).has_value();
}

}  // namespace immudb::ledger
