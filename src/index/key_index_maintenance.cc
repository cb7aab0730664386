// The maintainer's half of KeyIndex: merging in memory, writing runs, changing the run list.

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "index/array_cursor.h"
#include "index/key_index.h"
#include "index/key_index_state.h"
#include "index/merging_cursor.h"
#include "index/run_writer.h"

namespace immudb::index {
namespace {

// Layers of one tier that are merged into one of the next. Eight keep a lookup at a dozen probes
// for a full memtable, and copy each version twice on its way to the disk.
constexpr std::size_t kLayersPerTier = 8;

// The number in the name of a run file.
std::optional<std::uint64_t> RunNumber(const std::string& name) {
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || name != RunFileName(number)) return std::nullopt;
  return number;
}

// Runs at the end of the list that are worth merging into one: each is no larger than all newer
// ones together, so that a version is rewritten at most once per doubling.
std::size_t RunsToMerge(const std::vector<Run::Pointer>& runs, std::size_t count_min) {
  std::size_t count = 0;
  std::uint64_t entries = 0;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    if (count > 0 && (*run)->info().entries > entries) break;
    entries += (*run)->info().entries;
    count++;
  }
  return count >= count_min ? count : 0;
}

}  // namespace

Status KeyIndex::OpenRuns(std::span<const RunInfo> runs) {
  if (Status made = files_.CreateDirectory(directory_);
      !made && made.error().code != Code::kExists) {
    return made;
  }
  IMMUDB_ASSIGN(const auto entries, files_.List(directory_));
  for (const io::DirectoryEntry& entry : entries) {
    if (const auto number = RunNumber(entry.name)) {
      next_number_ = std::max(next_number_, *number + 1);
    }
  }
  State opened;
  for (const RunInfo& info : runs) {
    if (info.from != opened.runs_to() || info.from >= info.to) {
      return Fail(Code::kCorrupted, "run {} of {} is out of order", info.number, directory_);
    }
    IMMUDB_ASSIGN(auto run, Run::Open(files_, cache_, directory_, options_.ledger, info));
    opened.runs.push_back(std::move(run));
    next_number_ = std::max(next_number_, info.number + 1);
  }
  opened.frozen_to = opened.runs_to();
  next_index_ = opened.frozen_to.value;
  ChangeState([&opened](State& next) { next = std::move(opened); });
  return {};
}

// The first layers of one tier that are enough to merge; they are neither frozen nor active.
KeyIndex::LayerRange KeyIndex::LayersToMerge(const State& state) {
  const std::size_t end = state.layers.size() > state.frozen && state.layers.back().part != nullptr
                              ? state.layers.size() - 1
                              : state.layers.size();
  LayerRange newest;
  for (std::size_t begin = state.frozen; begin < end;) {
    std::size_t stop = begin + 1;
    while (stop < end && state.layers[stop].tier == state.layers[begin].tier) stop++;
    if (stop - begin >= kLayersPerTier) newest = {begin, stop - begin};
    begin = stop;
  }
  return newest;
}

void KeyIndex::UpdateNeedsMerge(const State& state) {
  needs_memory_merge_.store(LayersToMerge(state).count > 0, std::memory_order_relaxed);
}

bool KeyIndex::NeedsMemoryMerge() const {
  return needs_memory_merge_.load(std::memory_order_relaxed);
}

void KeyIndex::MergeMemory() {
  for (;;) {
    const StatePointer now = state();
    const LayerRange range = LayersToMerge(*now);
    if (range.count == 0) return;
    const auto first = now->layers.begin() + static_cast<std::ptrdiff_t>(range.begin);
    std::vector<SortedArray::Pointer> arrays;
    for (std::size_t i = 0; i < range.count; i++) {
      arrays.push_back(now->layers[range.begin + i].Sorted());
    }
    const Layer merged = {.part = nullptr,
                          .array = SortedArray::Merge(arrays, hash_seed_, budget_),
                          .first = first->first,
                          .tier = first->tier + 1};
    // Meanwhile the writer has only appended layers and may have frozen these.
    ChangeState([&](State& next) {
      const bool frozen = next.frozen > range.begin;
      IMMUDB_CHECK(!frozen || next.frozen >= range.begin + range.count);
      const auto at = next.layers.begin() + static_cast<std::ptrdiff_t>(range.begin);
      IMMUDB_CHECK(at->first == merged.first);
      *at = merged;
      next.layers.erase(at + 1, at + static_cast<std::ptrdiff_t>(range.count));
      if (frozen) next.frozen -= range.count - 1;
      UpdateNeedsMerge(next);
    });
  }
}

std::string KeyIndex::RunPath(std::uint64_t number) const {
  return io::JoinPath(directory_, RunFileName(number));
}

Result<Run::Pointer> KeyIndex::WriteRun(Cursor& cursor, const RunPlan& plan) {
  pending_.reset();
  const RunWriter::Options options = {.ledger = options_.ledger,
                                      .number = next_number_++,
                                      .from = plan.from,
                                      .to = plan.to,
                                      .keys_max = plan.keys_max};
  const std::string path = RunPath(options.number);
  const auto write = [&]() -> Result<RunInfo> {
    IMMUDB_ASSIGN(const auto writer, RunWriter::Create(files_, path, options));
    IMMUDB_TRY(cursor.Seek({}));
    while (cursor.valid()) {
      IMMUDB_TRY(writer->Add(cursor.position(), cursor.kind()));
      IMMUDB_TRY(cursor.Next());
    }
    IMMUDB_ASSIGN(const RunInfo info, writer->Finish());
    IMMUDB_TRY(files_.SyncDirectory(directory_));
    return info;
  };
  auto info = write();
  auto run = info ? Run::Open(files_, cache_, directory_, options_.ledger, *info)
                  : Result<Run::Pointer>(std::move(info).error());
  // If even this fails the file is a leftover: its number is not used again.
  if (!run) static_cast<void>(files_.Remove(path));
  return run;
}

Result<std::vector<RunInfo>> KeyIndex::WriteFrozen() {
  const StatePointer now = state();
  if (now->frozen == 0) {
    pending_.reset();
    return runs();
  }
  std::vector<SortedArray::Pointer> arrays;
  for (std::size_t i = 0; i < now->frozen; i++) arrays.push_back(now->layers[i].Sorted());
  const SortedArray::Pointer merged = SortedArray::MergeBorrowed(arrays, budget_);
  ArrayCursor cursor(merged);
  const RunPlan plan = {.from = now->runs_to(), .to = now->frozen_to, .keys_max = merged->keys()};
  IMMUDB_ASSIGN(auto run, WriteRun(cursor, plan));
  pending_ = std::make_unique<Pending>(Pending{.run = std::move(run),
                                               .layers = now->frozen,
                                               .runs_kept = now->runs.size(),
                                               .runs_replaced = 0});
  return PendingRuns();
}

Result<std::vector<RunInfo>> KeyIndex::WriteMerged() {
  const StatePointer now = state();
  const std::size_t count = RunsToMerge(now->runs, options_.runs_per_tier);
  if (count == 0) {
    pending_.reset();
    return runs();
  }
  const std::size_t kept = now->runs.size() - count;
  std::vector<std::unique_ptr<Cursor>> sources;
  RunPlan plan = {.from = now->runs[kept]->info().from, .to = now->runs_to(), .keys_max = 0};
  for (std::size_t i = kept; i < now->runs.size(); i++) {
    sources.push_back(now->runs[i]->NewCursor(Access::kDisk));
    plan.keys_max += now->runs[i]->info().keys;
  }
  MergingCursor cursor(std::move(sources));
  IMMUDB_ASSIGN(auto run, WriteRun(cursor, plan));
  pending_ = std::make_unique<Pending>(
      Pending{.run = std::move(run), .layers = 0, .runs_kept = kept, .runs_replaced = count});
  return PendingRuns();
}

std::vector<RunInfo> KeyIndex::PendingRuns() const {
  std::vector<RunInfo> list = runs();
  list.resize(pending_->runs_kept);
  list.push_back(pending_->run->info());
  return list;
}

Status KeyIndex::Install() {
  if (pending_ != nullptr) {
    const std::unique_ptr<Pending> pending = std::move(pending_);
    ChangeState([&](State& next) {
      IMMUDB_CHECK(pending->layers <= next.frozen);
      IMMUDB_CHECK(pending->runs_kept + pending->runs_replaced == next.runs.size());
      next.layers.erase(next.layers.begin(),
                        next.layers.begin() + static_cast<std::ptrdiff_t>(pending->layers));
      next.frozen -= pending->layers;
      const auto replaced = next.runs.begin() + static_cast<std::ptrdiff_t>(pending->runs_kept);
      obsolete_.insert(obsolete_.end(), replaced, next.runs.end());
      next.runs.erase(replaced, next.runs.end());
      next.runs.push_back(pending->run);
    });
  }
  return RemoveObsolete();
}

// Only states refer to runs, and no present or future one to these: the count never rises.
Status KeyIndex::RemoveObsolete() {
  Status first;
  const auto unused = [&](Run::Pointer& run) {
    if (run.use_count() > 1) return false;
    Status removed = files_.Remove(run->path());
    if (!removed && removed.error().code != Code::kNotFound && first) first = std::move(removed);
    return true;
  };
  std::erase_if(obsolete_, unused);
  return first;
}

Status KeyIndex::RemoveLeftovers() {
  IMMUDB_TRY(RemoveObsolete());
  std::vector<std::uint64_t> known;
  for (const RunInfo& run : runs()) known.push_back(run.number);
  for (const Run::Pointer& run : obsolete_) known.push_back(run->info().number);
  if (pending_ != nullptr) known.push_back(pending_->run->info().number);
  IMMUDB_ASSIGN(const auto entries, files_.List(directory_));
  for (const io::DirectoryEntry& entry : entries) {
    const auto number = RunNumber(entry.name);
    if (!number || std::count(known.begin(), known.end(), *number) != 0) continue;
    IMMUDB_TRY(files_.Remove(io::JoinPath(directory_, entry.name)));
  }
  return {};
}

}  // namespace immudb::index
