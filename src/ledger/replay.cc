#include "ledger/replay.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "log/framed.h"
#include "merkle/proofs.h"

namespace immudb::ledger {
namespace {

// So much log is read before memory is looked after.
constexpr std::uint64_t kLogBytesBetweenChecks = 16u << 20;

// Stands for the position of an entry that is missing from a damaged log; no entry is there.
constexpr std::uint64_t kNoOffset = ~std::uint64_t{0};

}  // namespace

Replay::Replay(Storage& storage, const Environment& environment, TreeSize index_from,
               std::optional<TreeHead> expected)
    : storage_(storage),
      environment_(environment),
      index_from_(index_from),
      expected_(expected),
      expected_size_(expected ? expected->size : TreeSize{0}) {
  CheckExpected();
}

void Replay::Damage(std::string text) {
  if (!damage_) damage_ = std::move(text);
}

void Replay::CheckRoot(const log::RecordHeader& header) {
  if (damage_ || storage_.tree->size().value != header.first.value) return;
  if (storage_.tree->Root() == header.root_before) return;
  Damage(Text("the record of entry {} names another root before it than the entries have",
              header.first.value));
}

void Replay::CheckExpected() {
  if (damage_ || !expected_ || storage_.tree->size() != expected_->size) return;
  if (storage_.tree->Root() != expected_->root) {
    Damage(Text("the first {} entries have another root than the manifest recorded",
                expected_->size.value));
  }
  expected_.reset();
}

void Replay::FillGap(LeafIndex first) {
  const std::uint64_t known = storage_.offsets->size().value;
  if (first.value <= known) return;
  Damage(Text("entries {} to {} are missing from the log", known, first.value - 1));
  if (first.value > index_from_.value) keys_unknown_below_ = first;
  const std::vector<std::uint64_t> missing(1024, kNoOffset);
  for (std::uint64_t left = first.value - known; left > 0;) {
    const std::uint64_t now = std::min<std::uint64_t>(left, missing.size());
    storage_.offsets->Append(std::span(missing).first(now));
    left -= now;
  }
}

void Replay::Collect(log::LogPosition position, const log::RecordHeader& header, BytesView body) {
  to_hash_.clear();
  versions_.clear();
  offsets_.clear();
  const std::uint64_t hash_from = storage_.tree->size().value;
  const std::uint64_t offsets_from = storage_.offsets->size().value;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < header.count; i++) {
    const LeafIndex index{header.first.value + i};
    const log::EntryView entry = log::ViewFramed(body.subspan(at));
    if (index.value >= hash_from) {
      to_hash_.push_back({.key = entry.key, .value = entry.value});
    }
    if (index.value >= offsets_from) {
      offsets_.push_back(position.value + log::kRecordHeaderBytes + at);
    }
    if (index.value >= index_from_.value) {
      versions_.push_back(
          {.key = entry.key, .index = index, .kind = static_cast<std::uint8_t>(entry.kind)});
    }
    at += entry.framed_bytes;
  }
}

Status Replay::Visit(log::LogPosition position, const log::RecordHeader& header, BytesView body) {
  FillGap(header.first);
  CheckRoot(header);
  if (header.is_seal()) return {};
  edge_.Add({.first_index = header.first, .position = position});
  Collect(position, header, body);
  storage_.offsets->Append(offsets_);
  storage_.index->Add(versions_);
  if (storage_.index->NeedsMemoryMerge()) storage_.index->MergeMemory();
  if (!damage_) {
    digests_.resize(to_hash_.size());
    proof::EntryDigests({storage_.tree->size().value}, to_hash_, digests_);
    storage_.tree->Append(digests_);
    CheckExpected();
  }
  unwritten_bytes_ += body.size();
  return LimitMemory();
}

Status Replay::LimitMemory() {
  if (unwritten_bytes_ < kLogBytesBetweenChecks) return {};
  unwritten_bytes_ = 0;
  IMMUDB_TRY(storage_.tree->WriteBack(storage_.tree->size()));
  IMMUDB_TRY(storage_.offsets->WriteBack(storage_.offsets->size()));
  if (storage_.index->memory_bytes() < environment_.memtables.limit_bytes() / 2) return {};
  // Not in a manifest yet: a crash now leaves a run that the next opening removes.
  storage_.index->Freeze(storage_.offsets->size());
  IMMUDB_TRY(storage_.index->WriteFrozen());
  IMMUDB_TRY(storage_.index->Install());
  // However long the log is: the manifest has room for so many runs.
  for (std::size_t runs = 0; runs != storage_.index->runs().size();) {
    runs = storage_.index->runs().size();
    IMMUDB_TRY(storage_.index->WriteMerged());
    IMMUDB_TRY(storage_.index->Install());
  }
  return {};
}

Status Replay::Finish(LeafIndex next) {
  FillGap(next);
  if (expected_size_.value > next.value) {
    Damage(
        Text("the manifest knows {} entries, the log holds {}", expected_size_.value, next.value));
    FillGap({expected_size_.value});
    return {};
  }
  if (damage_ || !expected_) return {};
  // No record ended at that size, as one did when the manifest was written: ask the tree.
  IMMUDB_ASSIGN(const Digest root, merkle::RootAt(*storage_.tree, expected_->size));
  if (root != expected_->root) {
    Damage(Text("the first {} entries have another root than the manifest recorded",
                expected_->size.value));
  }
  return {};
}

}  // namespace immudb::ledger
