// The PREPARE step: from queued batches to a record in the log, digests, tree nodes and index.

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "ledger/pipeline.h"
#include "log/entry.h"
#include "log/framed.h"
#include "log/record.h"
#include "proof/entry_digest.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {
namespace {

// Smaller batches are copied together; larger ones are written from where they are.
constexpr std::uint64_t kCopyBytesMax = 64u << 10;

// Writes the indexes that late bound entries of a batch point to; `first` is that of its first
// entry.
void BindLate(std::span<const WriteBatch::LateBinding> bindings, LeafIndex first,
              std::span<std::uint8_t> framed) {
  for (const WriteBatch::LateBinding& binding : bindings) {
    const std::span<std::uint8_t> entry = framed.subspan(binding.offset);
    const log::EntryView view = log::ViewFramed(entry);
    const LeafIndex target{first.value + binding.target};
    const std::span<std::uint8_t> own = entry.first(view.framed_bytes);
    proof::ReplaceTargetIndex(own.last(view.value.size()), target);
    if (view.kind == EntryKind::kSortedSetEntry) {
      proof::ReplaceTargetIndex(own.subspan(log::kEntryHeaderBytes, view.key.size()), target);
    }
    log::RefreshValueChecksum(own);
  }
}

}  // namespace

void Pipeline::FinishBatch(Pending& pending, std::span<std::uint8_t> framed) {
  pending.result.first = {prepared_.value + to_hash_.size()};
  BindLate(pending.late_bindings, pending.result.first, framed);
  std::size_t at = 0;
  while (at < framed.size()) {
    const LeafIndex index{prepared_.value + to_hash_.size()};
    const std::size_t bytes = log::FramedBytes(framed.subspan(at));
    const auto last = at + bytes == framed.size() ? log::LastOfBatch::kYes : log::LastOfBatch::kNo;
    log::FinishEntry(framed.subspan(at), index, last);
    const log::EntryView entry = log::ViewFramed(framed.subspan(at));
    offsets_.push_back(at);
    to_hash_.push_back({.key = entry.key, .value = entry.value});
    versions_.push_back(
        {.key = entry.key, .index = index, .kind = static_cast<std::uint8_t>(entry.kind)});
    at += bytes;
  }
  pending.result.last = {prepared_.value + to_hash_.size() - 1};
}

// Lays the group's entries out as one body: `parts_` are its pieces, `offsets_` where each entry
// starts within the body.
void Pipeline::FrameBatches(Group& group) {
  body_.clear();
  parts_.clear();
  to_hash_.clear();
  versions_.clear();
  offsets_.clear();
  // Views into body_ stay valid: it never grows beyond this.
  body_.reserve(group.body_bytes);
  std::uint64_t body_at = 0;
  for (Pending& pending : group.batches) {
    const std::size_t bytes = pending.batch.encoded().size();
    pending.late_bindings = pending.batch.TakeLateBindings();
    const bool copied = bytes <= kCopyBytesMax;
    std::span<std::uint8_t> framed;
    if (copied) {
      const std::size_t at = body_.size();
      body_.insert(body_.end(), pending.batch.encoded().begin(), pending.batch.encoded().end());
      framed = std::span(body_).subspan(at, bytes);
    } else {
      pending.framed = pending.batch.Release();
      framed = pending.framed;
    }
    const std::size_t first_offset = offsets_.size();
    FinishBatch(pending, framed);
    for (std::size_t i = first_offset; i < offsets_.size(); i++) offsets_[i] += body_at;
    const bool joins_last_part =
        !parts_.empty() && copied && parts_.back().data() + parts_.back().size() == framed.data();
    if (joins_last_part) {
      parts_.back() = BytesView(parts_.back().data(), parts_.back().size() + bytes);
    } else {
      parts_.emplace_back(framed);
    }
    body_at += bytes;
  }
  IMMUDB_CHECK(body_at == group.body_bytes);
}

Status Pipeline::Prepare(Group& group) {
  FrameBatches(group);
  const std::size_t count = to_hash_.size();
  digests_.resize(count);
  proof::EntryDigests({prepared_.value}, to_hash_, digests_);

  last_time_us_ = std::max(last_time_us_, environment_.clock.NowUnixUs());
  const log::RecordFields fields{.first = {prepared_.value},
                                 .count = static_cast<std::uint32_t>(count),
                                 .time_us = last_time_us_,
                                 .root_before = storage_.tree->Root()};
  IMMUDB_ASSIGN(const log::LogPosition position, storage_.log->Append(fields, parts_));
  sealed_ = false;
  edge_.Add({.first_index = fields.first, .position = position});

  for (std::uint64_t& offset : offsets_) {
    offset += position.value + log::kRecordHeaderBytes;
  }
  storage_.offsets->Append(offsets_);
  storage_.tree->Append(digests_);
  storage_.index->Add(versions_);
  prepared_ = {prepared_.value + count};
  group.end = prepared_;
  group.log_end = storage_.log->end();
  groups_.fetch_add(1, std::memory_order_relaxed);
  if (storage_.log->NeedsExtend() && !extending_ahead_.exchange(true)) {
    Post(environment_.syncers, [this] { ExtendAhead(); });
  }
  if (storage_.index->NeedsMemoryMerge() && !merging_memory_.exchange(true)) {
    Post(environment_.maintenance, [this] { MergeMemory(); });
  }
  return {};
}

}  // namespace immudb::ledger
