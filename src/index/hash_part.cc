#include "index/hash_part.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace immudb::index {
namespace {

constexpr std::size_t kChunkBytesMax = 64 * 1024;
// A part of long keys is full before its tables are: sorting and pinning it must stay cheap.
constexpr std::size_t kPackedBytesMax = 1024 * 1024;

}  // namespace

HashPart::HashPart(std::uint32_t capacity, MemoryBudget& budget)
    : capacity_(capacity),
      slot_mask_(std::bit_ceil(capacity * 3 / 2 + 1) - 1),
      budget_(budget),
      slots_(slot_mask_ + 1),
      entries_(capacity),
      older_(capacity),
      charge_(budget) {
  IMMUDB_CHECK(capacity > 0 && capacity <= kCapacityMax);
  charge_.Add(sizeof *this + slots_.size() * 4 + capacity * (sizeof(PackedEntry) + 2));
}

std::uint8_t* HashPart::Allocate(std::size_t bytes) {
  if (bytes > free_bytes_) {
    const std::size_t chunk_bytes = std::max(bytes, next_chunk_bytes_);
    next_chunk_bytes_ = std::min(kChunkBytesMax, next_chunk_bytes_ * 2);
    chunks_.push_back(std::make_unique_for_overwrite<std::uint8_t[]>(chunk_bytes));
    charge_.Add(chunk_bytes);
    free_ = chunks_.back().get();
    free_bytes_ = chunk_bytes;
  }
  std::uint8_t* result = free_;
  free_ += bytes;
  free_bytes_ -= bytes;
  return result;
}

bool HashPart::Add(const NewVersion& version, std::uint64_t hash) {
  IMMUDB_CHECK(version.key.size() <= kKeyBytesMax);
  const std::uint32_t ordinal = count_.load(std::memory_order_relaxed);
  if (ordinal == capacity_ || packed_bytes_ >= kPackedBytesMax) return false;

  const std::size_t bytes = PackedEntry::kHeaderBytes + version.key.size();
  std::uint8_t* packed = Allocate(bytes);
  packed_bytes_ += bytes;
  PackedEntry::Write(packed, version);
  entries_[ordinal] = PackedEntry(packed);

  const auto tag = static_cast<std::uint32_t>(hash >> 32) & ~kOrdinalMask;
  auto at = static_cast<std::uint32_t>(hash) & slot_mask_;
  for (;; at = (at + 1) & slot_mask_) {
    const std::uint32_t slot = slots_[at].load(std::memory_order_relaxed);
    if (slot == 0) break;
    if ((slot & ~kOrdinalMask) != tag) continue;
    const std::uint32_t other = (slot & kOrdinalMask) - 1;
    if (CompareKeys(entries_[other].key(), version.key) != 0) continue;
    older_[ordinal] = static_cast<std::uint16_t>(other + 1);
    break;
  }
  slots_[at].store(tag | (ordinal + 1), std::memory_order_release);
  count_.store(ordinal + 1, std::memory_order_release);
  return true;
}

std::optional<Version> HashPart::Find(BytesView key, std::uint64_t hash, std::uint64_t size) const {
  const auto tag = static_cast<std::uint32_t>(hash >> 32) & ~kOrdinalMask;
  for (auto at = static_cast<std::uint32_t>(hash) & slot_mask_;; at = (at + 1) & slot_mask_) {
    const std::uint32_t slot = slots_[at].load(std::memory_order_acquire);
    if (slot == 0) return std::nullopt;
    if ((slot & ~kOrdinalMask) != tag) continue;
    std::uint32_t ordinal = (slot & kOrdinalMask) - 1;
    if (CompareKeys(entries_[ordinal].key(), key) != 0) continue;
    while (entries_[ordinal].index() >= size) {
      if (older_[ordinal] == 0) return std::nullopt;
      ordinal = older_[ordinal] - 1u;
    }
    return entries_[ordinal].version();
  }
}

std::shared_ptr<const SortedArray> HashPart::Sorted() const {
  const std::uint32_t wanted = count();
  std::shared_ptr<const SortedArray> known;
  {
    const MutexLock lock(mutex_);
    known = sorted_;
  }
  const auto have = known == nullptr ? 0 : static_cast<std::uint32_t>(known->count());
  if (known != nullptr && have >= wanted) return known;

  const std::span<const PackedEntry> all(entries_);
  auto result = SortedArray::Sort(all.subspan(have, wanted - have), budget_);
  if (have > 0) {
    const std::shared_ptr<const SortedArray> both[] = {known, result};
    result = SortedArray::MergeBorrowed(both, budget_);
  }
  const MutexLock lock(mutex_);
  if (sorted_ == nullptr || sorted_->count() < result->count()) sorted_ = result;
  return result;
}

}  // namespace immudb::index
