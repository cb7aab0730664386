#include "ledger/checkpoint.h"

#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "ledger/damage.h"
#include "ledger/opening.h"

namespace immudb::ledger {
namespace {

constexpr std::uint64_t kReserveBytes = 4u << 20;
// A checkpoint may write tens of MiB before it fails.
constexpr std::int64_t kRetryNs = 2'000'000'000;
// A ledger's memtable is written out when it holds so much, or so large a part of all memory that
// memtables may use.
constexpr std::uint64_t kFlushBytes = 64u << 20;

}  // namespace

Checkpointer::Checkpointer(Storage& storage, const Environment& environment, Pipeline& pipeline,
                           std::optional<index::Manifest> newest)
    : storage_(storage),
      environment_(environment),
      pipeline_(pipeline),
      mutex_(pipeline.index_maintenance_mutex()),
      newest_(std::move(newest)) {
  if (newest_) entries_ = newest_->checkpoint.size.value;
  KeepReserve();
}

Status Checkpointer::Run(Merging merging) {
  MutexLock lock(mutex_);
  Status done = RunOnce(merging);
  if (!done && done.error().code == Code::kExhausted) {
    const std::string reserve = io::JoinPath(storage_.directory, kReserveName);
    if (environment_.files.Remove(reserve)) done = RunOnce(merging);
  }
  const bool full = !done && done.error().code == Code::kExhausted;
  full_ = full;
  pipeline_.SetDerivedFull(full && environment_.memtables.used_bytes() >
                                       environment_.memtables.limit_bytes());
  if (done) KeepReserve();
  return done;
}

Status Checkpointer::RunOnce(Merging merging) {
  const PreparedState state =
      pipeline_.Pause([this](const PreparedState& now) { storage_.index->Freeze(now.size); });
  const bool nothing_new = newest_ && newest_->log_position == state.log_end.value;
  if (nothing_new) return {};
  IMMUDB_TRY(pipeline_.SyncAll());
  IMMUDB_ASSIGN(std::vector<index::RunInfo> runs, WriteDerived(state));
  IMMUDB_TRY(WriteManifest(state, std::move(runs)));
  return merging == Merging::kRuns ? MergeRuns() : Status();
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
  IMMUDB_TRY(io::ReplaceFile(environment_.files, io::JoinPath(storage_.directory, kManifestName),
                             index::EncodeManifest(manifest)));
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
  while (true) {
    IMMUDB_ASSIGN(std::vector<index::RunInfo> runs, storage_.index->WriteMerged());
    if (runs == newest_->runs) return {};
    index::Manifest merged = *newest_;
    merged.runs = std::move(runs);
    IMMUDB_TRY(Publish(std::move(merged)));
  }
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
  const Status done = Run(Merging::kRuns);
  if (done) return;
  not_before_ns_ = now_ns + kRetryNs;
  Log(LogLevel::kWarning, "ledger {}: no checkpoint: {}", storage_.directory, done.error().message);
}

void Checkpointer::KeepReserve() {
  const std::string path = io::JoinPath(storage_.directory, kReserveName);
  Result<std::unique_ptr<io::File>> file =
      environment_.files.Open(path, io::OpenMode::kCreateOrOpen);
  if (!file) return;
  const Result<std::uint64_t> size = (*file)->SizeBytes();
  if (!size || *size >= kReserveBytes) return;
  const Bytes zeros(kReserveBytes - *size);
  const Status written = (*file)->Write(*size, BytesView(zeros));
  // Space that is not there cannot be kept; the next checkpoint tries again.
  if (!written) static_cast<void>(environment_.files.Remove(path));
}

}  // namespace immudb::ledger
