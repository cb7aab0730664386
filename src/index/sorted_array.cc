#include "index/sorted_array.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace immudb::index {
namespace {

using Item = SortedArray::Item;

// Items whose prefixes differ need no look at the keys.
bool Before(const Item& a, const Item& b) {
  if (a.prefix != b.prefix) return a.prefix < b.prefix;
  return Compare(a.entry.position(), b.entry.position()) < 0;
}

constexpr unsigned kRadixBits = 12;
// Below, sorting by comparison is as fast.
constexpr std::size_t kWorthRadix = 512;
constexpr std::size_t kRadixBuckets = std::size_t{1} << kRadixBits;

void RadixPass(const std::vector<Item>& in, std::vector<Item>& out, unsigned shift) {
  std::array<std::uint32_t, kRadixBuckets + 1> starts{};
  const auto bucket = [shift](const Item& item) {
    return static_cast<std::size_t>(item.prefix >> shift) & (kRadixBuckets - 1);
  };
  for (const Item& item : in) starts[bucket(item) + 1]++;
  for (std::size_t i = 0; i < kRadixBuckets; i++) starts[i + 1] += starts[i];
  for (const Item& item : in) out[starts[bucket(item)]++] = item;
}

// Orders by the 24 highest bits in which prefixes differ, in two passes, then sorts each stretch
// that has them in common: nothing to do for random keys, everything if all are alike.
void SortItems(std::vector<Item>& items) {
  std::size_t begin = 0;
  unsigned shift = 64;  // None.
  if (items.size() >= kWorthRadix) {
    std::uint64_t differing = 0;
    for (const Item& item : items) differing |= item.prefix ^ items[0].prefix;
    if (differing != 0) {
      const unsigned top = 64 - static_cast<unsigned>(__builtin_clzll(differing));
      shift = top > kRadixBits * 2 ? top - kRadixBits * 2 : 0;
      std::vector<Item> other(items.size());
      RadixPass(items, other, shift);
      RadixPass(other, items, shift + kRadixBits);
    }
  }
  const auto radix = [shift](const Item& item) { return shift == 64 ? 0 : item.prefix >> shift; };
  while (begin < items.size()) {
    std::size_t end = begin + 1;
    while (end < items.size() && radix(items[end]) == radix(items[begin])) end++;
    if (end - begin > 1) {
      std::sort(items.begin() + static_cast<std::ptrdiff_t>(begin),
                items.begin() + static_cast<std::ptrdiff_t>(end), Before);
    }
    begin = end;
  }
}

void MergeTwo(std::span<const Item> a, std::span<const Item> b, Item* out) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    const bool take_b = Before(b[j], a[i]);
    *out++ = take_b ? b[j] : a[i];
    j += static_cast<std::size_t>(take_b);
    i += static_cast<std::size_t>(!take_b);
  }
  out = std::copy(a.begin() + static_cast<std::ptrdiff_t>(i), a.end(), out);
  std::copy(b.begin() + static_cast<std::ptrdiff_t>(j), b.end(), out);
}

// Merges neighbours in rounds until one sequence is left. `ends` are the sequences' ends.
void MergeRounds(std::vector<Item>& items, std::vector<std::size_t> ends) {
  std::vector<Item> other(items.size());
  while (ends.size() > 1) {
    std::vector<std::size_t> merged;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < ends.size(); i += 2) {
      const std::size_t middle = ends[i];
      const std::size_t end = i + 1 < ends.size() ? ends[i + 1] : middle;
      const std::span<const Item> all(items);
      MergeTwo(all.subspan(begin, middle - begin), all.subspan(middle, end - middle),
               &other[begin]);
      merged.push_back(end);
      begin = end;
    }
    items.swap(other);
    ends = std::move(merged);
  }
}

}  // namespace

SortedArray::Pointer SortedArray::Sort(std::span<const PackedEntry> entries, MemoryBudget& budget) {
  auto result = std::make_shared<SortedArray>(budget);
  if (entries.empty()) return result;
  const BytesView first = entries[0].key();
  std::size_t common = first.size();
  for (const PackedEntry& entry : entries) {
    common = std::min(common, CommonPrefixBytes(first, entry.key()));
  }
  result->common_bytes_ = common;
  result->items_.reserve(entries.size());
  for (const PackedEntry& entry : entries) {
    result->items_.push_back({PrefixAt(entry.key(), common), entry});
  }
  SortItems(result->items_);
  result->keys_ = entries.size();
  result->charge_.Add(sizeof *result + entries.size() * sizeof(Item));
  return result;
}

SortedArray::Pointer SortedArray::MergeBorrowed(std::span<const Pointer> arrays,
                                                MemoryBudget& budget) {
  auto result = std::make_shared<SortedArray>(budget);
  std::size_t count = 0;
  BytesView shared;
  std::size_t common = 0;
  for (const Pointer& array : arrays) {
    if (array->count() == 0) continue;
    const BytesView own = (*array)[0].key().first(array->common_bytes_);
    common = count == 0 ? own.size() : CommonPrefixBytes(shared, own);
    shared = own.first(common);
    count += array->count();
    result->keys_ += array->keys_;
  }
  result->common_bytes_ = common;
  result->items_.reserve(count);
  std::vector<std::size_t> ends;
  for (const Pointer& array : arrays) {
    if (array->count() == 0) continue;
    for (const Item& item : array->items_) {
      const bool same = array->common_bytes_ == common;
      result->items_.push_back(
          {same ? item.prefix : PrefixAt(item.entry.key(), common), item.entry});
    }
    ends.push_back(result->items_.size());
  }
  MergeRounds(result->items_, std::move(ends));
  result->charge_.Add(sizeof *result + count * sizeof(Item));
  return result;
}

SortedArray::Pointer SortedArray::Merge(std::span<const Pointer> arrays, std::uint64_t hash_seed,
                                        MemoryBudget& budget) {
  const Pointer borrowed = MergeBorrowed(arrays, budget);
  auto result = std::make_shared<SortedArray>(budget);
  result->common_bytes_ = borrowed->common_bytes_;
  result->items_ = borrowed->items_;
  result->charge_.Add(sizeof *result + result->items_.size() * sizeof(Item));
  result->CopyEntries(hash_seed);
  return result;
}

void SortedArray::CopyEntries(std::uint64_t hash_seed) {
  std::size_t bytes = 0;
  for (const Item& item : items_) bytes += item.entry.bytes().size();
  packed_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  bloom_.emplace(items_.size());
  std::uint8_t* out = packed_.get();
  BytesView last;
  keys_ = 0;
  for (Item& item : items_) {
    const BytesView packed = item.entry.bytes();
    std::memcpy(out, packed.data(), packed.size());
    item.entry = PackedEntry(out);
    out += packed.size();
    const BytesView key = item.entry.key();
    if (keys_ == 0 || CompareKeys(key, last) != 0) {
      bloom_->Add(HashKey(hash_seed, key));
      keys_++;
      last = key;
    }
  }
  charge_.Add(bytes + bloom_->bytes().size());
}

std::size_t SortedArray::LowerBound(const Position& position) const {
  if (items_.empty()) return 0;
  const BytesView shared = items_[0].entry.key().first(common_bytes_);
  const BytesView head = position.key.first(std::min(common_bytes_, position.key.size()));
  const int order = CompareKeys(shared, head);
  if (order > 0) return 0;
  if (order < 0) return items_.size();
  const std::uint64_t prefix = PrefixAt(position.key, common_bytes_);
  std::size_t low = 0;
  std::size_t left = items_.size();
  while (left > 0) {
    const std::size_t half = left / 2;
    const Item& item = items_[low + half];
    const bool before =
        item.prefix != prefix ? item.prefix < prefix : Compare(item.entry.position(), position) < 0;
    low = before ? low + half + 1 : low;
    left = before ? left - half - 1 : half;
  }
  return low;
}

std::optional<Version> SortedArray::Find(BytesView key, std::uint64_t hash,
                                         std::uint64_t size) const {
  if (size == 0) return std::nullopt;
  if (bloom_ && !bloom_->MayContain(hash)) return std::nullopt;
  const std::size_t at = LowerBound({key, size - 1});
  if (at == items_.size() || CompareKeys(items_[at].entry.key(), key) != 0) return std::nullopt;
  return items_[at].entry.version();
}

}  // namespace immudb::index
