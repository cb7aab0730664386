#include "ledger/checkpoint.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "ledger/damage.h"
#include "ledger/opening.h"

namespace immudb::ledger {
namespace {

// A checkpoint may write tens of MiB before it fails.
constexpr std::int64_t kRetryNs = 2'000'000'000;
// A ledger's memtable is written out when it holds so much, or so large a part of all memory that
// memtables may use.
constexpr std::uint64_t kFlushBytes = 64u << 20;
// Of a merge, for a lock is held and a sync waited for.
constexpr std::uint64_t kMergePieceBytes = 8u << 20;

}  // namespace

Checkpointer::Checkpointer(Storage& storage, const Environment& environment, Pipeline& pipeline,
                           std::optional<index::Manifest> newest)
    : storage_(storage),
      environment_(environment),
      pipeline_(pipeline),
      link_(std::make_shared<Link>()),
      mutex_(pipeline.index_maintenance_mutex()),
      newest_(std::move(newest)) {
  if (newest_) entries_ = newest_->checkpoint.size.value;
  KeepReserve();
  const MutexLock lock(link_->mutex);
  link_->owner = this;
}

Checkpointer::~Checkpointer() {
  StopMerging();
}

Status Checkpointer::Run(Merging merging) {
  // So many only if merging has failed for long.
  if (storage_.index->runs().size() >= index::kManifestRunsMax) IMMUDB_TRY(MergeRuns());
  {
    MutexLock lock(mutex_);
    Status done = RunOnce();
    if (!done && done.error().code == Code::kExhausted) {
      const std::string reserve = io::JoinPath(storage_.directory, kReserveName);
      if (environment_.files.Remove(reserve)) done = RunOnce();
    }
    const bool full = !done && done.error().code == Code::kExhausted;
    full_ = full;
    pipeline_.SetDerivedFull(full && environment_.memtables.used_bytes() >
                                         environment_.memtables.limit_bytes());
    if (!done) return done;
    KeepReserve();
  }
  return merging == Merging::kRuns ? MergeRuns() : Status();
}

Status Checkpointer::RunOnce() {
  const PreparedState state =
      pipeline_.Pause([this](const PreparedState& now) { storage_.index->Freeze(now.size); });
  const bool nothing_new = newest_ && newest_->log_position == state.log_end.value;
  if (nothing_new) return {};
  IMMUDB_TRY(pipeline_.SyncAll());
  IMMUDB_ASSIGN(std::vector<index::RunInfo> runs, WriteDerived(state));
  return WriteManifest(state, std::move(runs));
}

Result<std::vector<index::RunInfo>> Checkpointer::WriteDerived(const PreparedState& state) {
  IMMUDB_TRY(storage_.tree->WriteBack(state.size));
  IMMUDB_TRY(storage_.tree->Sync());
  IMMUDB_TRY(storage_.offsets->WriteBack(state.size));
  IMMUDB_TRY(storage_.offsets->Sync());
  IMMUDB_ASSIGN(std::vector<index::RunInfo> runs, storage_.index->WriteFrozen());
  IMMUDB_TRY(environment_.files.SyncDirectory(storage_.directory));
  return runs;
}

Status Checkpointer::WriteManifest(const PreparedState& state, std::vector<index::RunInfo> runs) {
  const RecordStart edge = state.edge.edge();
  index::Manifest manifest{.ledger = storage_.meta.ledger.bytes,
                           .checkpoint = {.size = state.size, .root = state.root},
                           .log_position = state.log_end.value,
                           .edge_position = edge.position.value,
                           .edge_index = edge.first_index,
                           .log_durable_end = storage_.log->durable_end().value,
                           .last_time_us = state.last_time_us,
                           .runs = std::move(runs)};
  return Publish(std::move(manifest));
}

Status Checkpointer::Publish(index::Manifest manifest) {
  IMMUDB_ASSIGN(const Bytes encoded, index::EncodeManifest(manifest));
  IMMUDB_TRY(io::ReplaceFile(environment_.files, io::JoinPath(storage_.directory, kManifestName),
                             encoded));
  std::uint64_t bytes = storage_.tree->file_bytes() + storage_.offsets->file_bytes();
  for (const index::RunInfo& run : manifest.runs) bytes += run.bytes;
  derived_bytes_.store(bytes, std::memory_order_relaxed);
  const bool rebuilt = !newest_;
  newest_ = std::move(manifest);
  entries_.store(newest_->checkpoint.size.value, std::memory_order_relaxed);
  IMMUDB_TRY(storage_.index->Install());
  if (!rebuilt) return {};
  IMMUDB_ASSIGN(const bool marked, RebuildIsMarked(environment_.files, storage_.directory));
  return marked ? ClearRebuildMark(environment_.files, storage_.directory) : Status();
}

Status Checkpointer::MergeRuns() {
  std::uint64_t written_bytes = 0;
  for (bool all_merged = false; !all_merged;) {
    IMMUDB_ASSIGN(all_merged, MergeSome(kMergePieceBytes, written_bytes));
  }
  return {};
}

Result<bool> Checkpointer::MergeSome(std::uint64_t bytes, std::uint64_t& written_bytes) {
  MutexLock merging(merge_mutex_);
  if (merge_ == nullptr) {
    {
      MutexLock lock(mutex_);
      if (!newest_) return true;  // Runs are merged once a manifest names them.
    }
    merge_ = storage_.index->StartMerge();
    if (merge_ == nullptr) return true;
  }
  const std::uint64_t before = merge_->written_bytes();
  const Result<bool> complete = merge_->Step(bytes);
  written_bytes += merge_->written_bytes() - before;
  if (!complete) {
    merge_.reset();
    return complete.error();
  }
  if (!*complete) return false;
  MutexLock lock(mutex_);
  index::Manifest merged = *newest_;
  merged.runs = storage_.index->Adopt(std::move(merge_));
  IMMUDB_TRY(Publish(std::move(merged)));
  return false;
}

void Checkpointer::MergeInBackground() {
  std::uint64_t written_bytes = 0;
  const std::uint64_t piece_bytes =
      std::min(kMergePieceBytes, environment_.merge_rate.burst_bytes());
  const Result<bool> all_merged = MergeSome(piece_bytes, written_bytes);
  if (all_merged && !*all_merged) return PostMerge(environment_.merge_rate.Use(written_bytes));
  merge_posted_ = false;  // The next checkpoint posts one again.
  if (all_merged) return;
  Log(LogLevel::kWarning, "ledger {}: runs not merged: {}", storage_.directory,
      all_merged.error().message);
}

void Checkpointer::PostMerge(std::chrono::nanoseconds delay) {
  const auto task = [link = link_] {
    const MutexLock lock(link->mutex);
    if (link->owner != nullptr) link->owner->MergeInBackground();
  };
  if (delay.count() == 0) {
    environment_.merges.Post(task);
  } else {
    environment_.merges.PostAfter(delay, task);
  }
}

void Checkpointer::StopMerging() {
  {
    const MutexLock lock(link_->mutex);
    link_->owner = nullptr;
  }
  MutexLock merging(merge_mutex_);
  merge_.reset();
}

bool Checkpointer::IsDue() {
  if (full_) return true;
  const std::uint64_t memory = storage_.index->memory_bytes();
  const std::uint64_t limit = environment_.memtables.limit_bytes();
  if (memory >= kFlushBytes || memory >= limit / 2) return true;
  const std::uint64_t used = environment_.memtables.used_bytes();
  if (used > limit / 2 && memory > limit / 16) return true;
  if (used > limit && memory > 0) return true;
  MutexLock lock(mutex_);
  const std::uint64_t written = newest_ ? newest_->log_position : 0;
  return storage_.log->end().value - written >= environment_.options.checkpoint_log_bytes;
}

void Checkpointer::RunIfDue() {
  const std::int64_t now_ns = environment_.clock.MonotonicNs();
  if (pipeline_.failed() || now_ns < not_before_ns_ || !IsDue()) return;
  const Status done = Run(Merging::kLeave);
  if (done) {
    if (!merge_posted_.exchange(true)) PostMerge({});
    return;
  }
  not_before_ns_ = now_ns + kRetryNs;
  Log(LogLevel::kWarning, "ledger {}: no checkpoint: {}", storage_.directory, done.error().message);
}

void Checkpointer::KeepReserve() {
  const std::string path = io::JoinPath(storage_.directory, kReserveName);
  Result<std::unique_ptr<io::File>> file =
      environment_.files.Open(path, io::OpenMode::kCreateOrOpen);
  if (!file) return;
  const Result<std::uint64_t> size = (*file)->SizeBytes();
  const std::uint64_t reserve_bytes = environment_.options.reserve_bytes;
  if (!size || *size >= reserve_bytes) return;
  const Bytes zeros(reserve_bytes - *size);
  const Status written = (*file)->Write(*size, BytesView(zeros));
  // Space that is not there cannot be kept; the next checkpoint tries again.
  if (!written) static_cast<void>(environment_.files.Remove(path));
}

}  // namespace immudb::ledger
