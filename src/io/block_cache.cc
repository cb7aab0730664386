#include "io/block_cache.h"

#include <algorithm>

#include "base/check.h"

namespace immudb::io {

std::size_t BlockCache::KeyHash::operator()(const BlockKey& key) const {
  // Neighbouring blocks of one file must not share a shard; splitmix64's finaliser spreads them.
  std::uint64_t hash = key.file.value * 0x9e3779b97f4a7c15u + key.block;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9u;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111ebu;
  return hash ^ (hash >> 31);
}

BlockCache::BlockCache(std::uint64_t budget_bytes)
    : slots_per_shard_(std::max<std::uint64_t>(1, budget_bytes / kBlockBytes / kShards)) {}

BlockRef BlockCache::TryGet(BlockKey key) {
  Shard& shard = ShardOf(key);
  const MutexLock lock(shard.mutex);
  const auto found = shard.index.find(key);
  if (found == shard.index.end()) {
    ++shard.misses;
    return nullptr;
  }
  ++shard.hits;
  Slot& slot = shard.slots[found->second];
  slot.used = true;
  return slot.block;
}

BlockRef BlockCache::Insert(BlockKey key, BlockRef block) {
  Shard& shard = ShardOf(key);
  const MutexLock lock(shard.mutex);
  if (const auto found = shard.index.find(key); found != shard.index.end()) {
    return shard.slots[found->second].block;
  }
  const std::size_t position = TakeSlot(shard);
  shard.slots[position] = {.key = key, .block = block, .used = false};
  shard.index.emplace(key, position);
  return block;
}

std::size_t BlockCache::TakeSlot(Shard& shard) {
  if (!shard.free_slots.empty()) {
    const std::size_t position = shard.free_slots.back();
    shard.free_slots.pop_back();
    return position;
  }
  if (shard.slots.size() < slots_per_shard_) {
    shard.slots.emplace_back();
    return shard.slots.size() - 1;
  }
  for (;;) {  // Ends in the second round at the latest: the first one clears every `used`.
    const std::size_t position = shard.hand;
    shard.hand = (shard.hand + 1) % shard.slots.size();
    Slot& slot = shard.slots[position];
    IMMUDB_CHECK(slot.block != nullptr);
    if (!std::exchange(slot.used, false)) {
      shard.index.erase(slot.key);
      return position;
    }
  }
}

void BlockCache::Erase(CachedFileId file) {
  for (Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    for (std::size_t i = 0; i < shard.slots.size(); ++i) {
      Slot& slot = shard.slots[i];
      if (slot.block == nullptr || slot.key.file != file) continue;
      shard.index.erase(slot.key);
      slot = {};
      shard.free_slots.push_back(i);
    }
  }
}

std::uint64_t BlockCache::hits() const {
  std::uint64_t hits = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    hits += shard.hits;
  }
  return hits;
}

std::uint64_t BlockCache::misses() const {
  std::uint64_t misses = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    misses += shard.misses;
  }
  return misses;
}

std::uint64_t BlockCache::size_bytes() const {
  std::uint64_t blocks = 0;
  for (const Shard& shard : shards_) {
    const MutexLock lock(shard.mutex);
    blocks += shard.index.size();
  }
  return blocks * kBlockBytes;
}

}  // namespace immudb::io
