// KeyIndex beside its writer and readers: merging in memory, writing and merging runs, changing the
// run list.

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
      next_number_ = std::max(next_number_.load(), *number + 1);
    }
  }
  State opened;
  for (const RunInfo& info : runs) {
    if (info.from != opened.runs_to() || info.from >= info.to) {
      return Fail(Code::kCorrupted, "run {} of {} is out of order", info.number, directory_);
    }
    IMMUDB_ASSIGN(auto run, Run::Open(files_, cache_, directory_, options_.ledger, info));
    opened.runs.push_back(std::move(run));
    next_number_ = std::max(next_number_.load(), info.number + 1);
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
    // Meanwhile the writer has only appended layers, and may have frozen these. Then they are the
    // maintainer's, who writes them out or has done so.
    ChangeState([&](State& next) {
      const auto at = std::find_if(next.layers.begin() + static_cast<std::ptrdiff_t>(next.frozen),
                                   next.layers.end(),
                                   [&](const Layer& layer) { return layer.first == merged.first; });
      if (at == next.layers.end()) return;
      IMMUDB_CHECK(next.layers.end() - at >= static_cast<std::ptrdiff_t>(range.count));
      *at = merged;
      next.layers.erase(at + 1, at + static_cast<std::ptrdiff_t>(range.count));
      UpdateNeedsMerge(next);
    });
  }
}

std::unique_ptr<RunBuild> KeyIndex::NewBuild(const RunPlan& plan, std::shared_ptr<const void> pins,
                                             std::unique_ptr<Cursor> cursor) {
  return std::make_unique<RunBuild>(RunBuild::Target{.files = files_,
                                                     .cache = cache_,
                                                     .directory = directory_,
                                                     .options = {.ledger = options_.ledger,
                                                                 .number = next_number_++,
                                                                 .from = plan.from,
                                                                 .to = plan.to,
                                                                 .keys_max = plan.keys_max}},
                                    std::move(pins), std::move(cursor));
}

Result<std::vector<RunInfo>> KeyIndex::WriteFrozen() {
  const StatePointer now = state();
  pending_.reset();
  if (now->frozen == 0) return runs();
  std::vector<SortedArray::Pointer> arrays;
  for (std::size_t i = 0; i < now->frozen; i++) arrays.push_back(now->layers[i].Sorted());
  const SortedArray::Pointer merged = SortedArray::MergeBorrowed(arrays, budget_);
  const RunPlan plan = {.from = now->runs_to(), .to = now->frozen_to, .keys_max = merged->keys()};
  const auto build = NewBuild(plan, nullptr, std::make_unique<ArrayCursor>(merged));
  IMMUDB_ASSIGN(const bool complete, build->Step(kRunBytesMax));
  IMMUDB_CHECK(complete);
  pending_ = std::make_unique<Pending>(Pending{.run = build->Take(),
                                               .layers = now->frozen,
                                               .runs_kept = now->runs.size(),
                                               .runs_replaced = 0});
  return PendingRuns();
}

std::unique_ptr<RunBuild> KeyIndex::StartMerge() {
  const StatePointer now = state();
  const std::size_t count = RunsToMerge(now->runs, options_.runs_per_tier);
  if (count == 0) return nullptr;
  merge_kept_ = now->runs.size() - count;
  merge_replaced_ = count;
  std::vector<std::unique_ptr<Cursor>> sources;
  RunPlan plan = {.from = now->runs[merge_kept_]->info().from, .to = now->runs_to(), .keys_max = 0};
  for (std::size_t i = merge_kept_; i < now->runs.size(); i++) {
    sources.push_back(now->runs[i]->NewCursor(Access::kDisk));
    plan.keys_max += now->runs[i]->info().keys;
  }
  return NewBuild(plan, now, std::make_unique<MergingCursor>(std::move(sources)));
}

std::vector<RunInfo> KeyIndex::Adopt(std::unique_ptr<RunBuild> merge) {
  pending_ = std::make_unique<Pending>(Pending{.run = merge->Take(),
                                               .layers = 0,
                                               .runs_kept = merge_kept_,
                                               .runs_replaced = merge_replaced_});
  return PendingRuns();
}

Result<std::vector<RunInfo>> KeyIndex::WriteMerged() {
  std::unique_ptr<RunBuild> merge = StartMerge();
  if (merge == nullptr) {
    pending_.reset();
    return runs();
  }
  IMMUDB_ASSIGN(const bool complete, merge->Step(kRunBytesMax));
  IMMUDB_CHECK(complete);
  return Adopt(std::move(merge));
}

std::vector<RunInfo> KeyIndex::PendingRuns() const {
  std::vector<RunInfo> list = runs();
  const auto kept = list.begin() + static_cast<std::ptrdiff_t>(pending_->runs_kept);
  // More runs may have followed since a merge was started.
  const auto newer = list.erase(kept, kept + static_cast<std::ptrdiff_t>(pending_->runs_replaced));
  list.insert(newer, pending_->run->info());
  return list;
}

Status KeyIndex::Install() {
  if (pending_ != nullptr) {
    const std::unique_ptr<Pending> pending = std::move(pending_);
    ChangeState([&](State& next) {
      IMMUDB_CHECK(pending->layers <= next.frozen);
      IMMUDB_CHECK(pending->runs_kept + pending->runs_replaced <= next.runs.size());
      next.layers.erase(next.layers.begin(),
                        next.layers.begin() + static_cast<std::ptrdiff_t>(pending->layers));
      next.frozen -= pending->layers;
      const auto replaced = next.runs.begin() + static_cast<std::ptrdiff_t>(pending->runs_kept);
      const auto newer = replaced + static_cast<std::ptrdiff_t>(pending->runs_replaced);
      obsolete_.insert(obsolete_.end(), replaced, newer);
      next.runs.insert(next.runs.erase(replaced, newer), pending->run);
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
