#include "index/key_index.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "index/array_cursor.h"
#include "index/key_index_state.h"
#include "index/merging_cursor.h"

namespace immudb::index {
namespace {

// The first part of an idle ledger must be small: there may be thousands of them.
constexpr std::uint32_t kFirstPartCapacity = 256;

}  // namespace

class KeyIndex::Private {};

KeyIndex::KeyIndex(Private /*unused*/, const Environment& environment, std::string directory,
                   const Options& options)
    : files_(environment.files),
      cache_(environment.cache),
      budget_(environment.budget),
      directory_(std::move(directory)),
      options_(options),
      hash_seed_(HashSeed(options.ledger)),
      state_(std::make_shared<State>()) {}

KeyIndex::~KeyIndex() = default;

Result<std::unique_ptr<KeyIndex>> KeyIndex::Open(const Environment& environment,
                                                 std::string directory, const Options& options,
                                                 std::span<const RunInfo> runs) {
  IMMUDB_CHECK(options.runs_per_tier >= 2);
  auto index = std::make_unique<KeyIndex>(Private(), environment, std::move(directory), options);
  IMMUDB_TRY(index->OpenRuns(runs));
  return index;
}

KeyIndex::StatePointer KeyIndex::state() const {
  const MutexLock lock(mutex_);
  return state_;
}

void KeyIndex::StartPart() {
  const std::uint32_t capacity = active_ == nullptr
                                     ? kFirstPartCapacity
                                     : std::min(HashPart::kCapacityMax, active_->capacity() * 2);
  auto part = std::make_shared<HashPart>(capacity, budget_);
  active_ = part.get();
  ChangeState([&](State& next) {
    next.layers.push_back(
        {.part = std::move(part), .array = nullptr, .first = LeafIndex{next_index_}, .tier = 0});
    UpdateNeedsMerge(next);
  });
}

void KeyIndex::Add(std::span<const NewVersion> versions) {
  for (const NewVersion& version : versions) {
    IMMUDB_CHECK(version.index.value >= next_index_);
    const std::uint64_t hash = HashKey(hash_seed_, version.key);
    if (active_ == nullptr || !active_->Add(version, hash)) {
      next_index_ = version.index.value;
      StartPart();
      IMMUDB_CHECK(active_->Add(version, hash));
    }
    next_index_ = version.index.value + 1;
  }
}

void KeyIndex::Freeze(TreeSize size) {
  IMMUDB_CHECK(size.value >= next_index_);
  next_index_ = size.value;
  active_ = nullptr;
  ChangeState([size](State& next) {
    next.frozen = next.layers.size();
    next.frozen_to = LeafIndex{size.value};
  });
}

Result<std::optional<Version>> KeyIndex::Find(BytesView key, TreeSize size, Access access) const {
  const StatePointer now = state();
  const std::uint64_t hash = HashKey(hash_seed_, key);
  // Newer layers and runs hold greater indexes: the first hit is the newest version.
  for (auto layer = now->layers.rbegin(); layer != now->layers.rend(); ++layer) {
    if (auto found = layer->Find(key, hash, size)) return found;
  }
  for (auto run = now->runs.rbegin(); run != now->runs.rend(); ++run) {
    IMMUDB_ASSIGN(const auto found, (*run)->Find(key, hash, size, access));
    if (found) return found;
  }
  return std::nullopt;
}

SnapshotCursor KeyIndex::Snapshot(TreeSize size, Access access) const {
  StatePointer now = state();
  std::vector<std::unique_ptr<Cursor>> sources;
  for (const Layer& layer : now->layers) {
    if (layer.first.value >= size.value) continue;
    sources.push_back(std::make_unique<ArrayCursor>(layer.Sorted()));
  }
  for (const Run::Pointer& run : now->runs) {
    if (run->info().from.value < size.value) sources.push_back(run->NewCursor(access));
  }
  return {.pins = std::move(now),
          .cursor = std::make_unique<MergingCursor>(std::move(sources)),
          .size = size};
}

ScanCursor KeyIndex::Scan(TreeSize size, Access access) const {
  return ScanCursor(Snapshot(size, access));
}

VersionCursor KeyIndex::Versions(BytesView key, LeafIndex from, VersionOrder order,
                                 TreeSize size) const {
  return {Snapshot(size, Access::kDisk), key, from, order};
}

AllVersionsCursor KeyIndex::AllVersions(TreeSize size) const {
  return AllVersionsCursor(Snapshot(size, Access::kDisk));
}

TreeSize KeyIndex::covered() const {
  return TreeSize{state()->runs_to().value};
}

std::vector<RunInfo> KeyIndex::runs() const {
  const StatePointer now = state();
  std::vector<RunInfo> result;
  for (const Run::Pointer& run : now->runs) result.push_back(run->info());
  return result;
}

std::uint64_t KeyIndex::memory_bytes() const {
  const StatePointer now = state();
  std::uint64_t bytes = 0;
  for (const Layer& layer : now->layers) bytes += layer.memory_bytes();
  return bytes;
}

}  // namespace immudb::index
