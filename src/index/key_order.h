// The order of the key index, and the hash its filters and hash tables use.
//
// A version is named by its key and its entry index. Versions are ordered by key, ascending as
// unsigned bytes with a proper prefix first, then by index, descending: the newest version of a key
// comes first. The immediate successor of a key is that key followed by a zero byte.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/encoding.h"
#include "immudb/bytes.h"

namespace immudb::index {

// The longest key the formats of this layer can hold; the ledger's own limit is lower.
inline constexpr std::size_t kKeyBytesMax = 65'535;

// As the index of a position: before every version of the key.
inline constexpr std::uint64_t kBeforeNewest = ~std::uint64_t{0};

// A place in the order, occupied by a version or not. The key is borrowed.
struct Position {
  BytesView key;
  std::uint64_t index = kBeforeNewest;
};

inline int CompareKeys(BytesView a, BytesView b) {
  const std::size_t common = std::min(a.size(), b.size());
  if (common != 0) {
    const int order = std::memcmp(a.data(), b.data(), common);
    if (order != 0) return order;
  }
  return a.size() < b.size() ? -1 : static_cast<int>(a.size() > b.size());
}

inline int CompareIndexes(std::uint64_t a, std::uint64_t b) {
  return a > b ? -1 : static_cast<int>(a < b);
}

inline int Compare(const Position& a, const Position& b) {
  const int order = CompareKeys(a.key, b.key);
  return order != 0 ? order : CompareIndexes(a.index, b.index);
}

inline std::size_t CommonPrefixBytes(BytesView a, BytesView b) {
  const std::size_t end = std::min(a.size(), b.size());
  std::size_t at = 0;
  while (at + 8 <= end) {
    const std::uint64_t difference = GetU64(a.data() + at) ^ GetU64(b.data() + at);
    if (difference != 0) {
      return at + static_cast<std::size_t>(__builtin_ctzll(difference)) / 8;
    }
    at += 8;
  }
  while (at < end && a[at] == b[at]) at++;
  return at;
}

// The eight bytes from `skip` on as a number that orders as they do; missing bytes count as zero.
inline std::uint64_t PrefixAt(BytesView key, std::size_t skip) {
  if (key.size() >= skip + 8) return GetBigU64(key.data() + skip);
  std::uint64_t word = 0;
  if (key.size() > skip) std::memcpy(&word, key.data() + skip, key.size() - skip);
  return __builtin_bswap64(word);
}

inline constexpr std::uint64_t kHashSpread = 0x9e3779b97f4a7c15;
inline constexpr std::uint64_t kHashMix = 0xff51afd7ed558ccd;

// On disk (docs/formats/index-run.md): never change it. The seed is the ledger's, so that nobody
// outside can prepare keys that collide.
inline std::uint64_t HashKey(std::uint64_t seed, BytesView key) {
  std::uint64_t hash = seed ^ (key.size() * kHashSpread);
  const std::uint8_t* in = key.data();
  std::size_t left = key.size();
  for (; left >= 8; in += 8, left -= 8) {
    hash = (hash ^ GetU64(in)) * kHashMix;
    hash ^= hash >> 32;
  }
  std::uint64_t word = 0;
  if (left > 0) std::memcpy(&word, in, left);
  hash = (hash ^ word) * kHashMix;
  hash ^= hash >> 29;
  hash *= kHashSpread;
  return hash ^ (hash >> 32);
}

}  // namespace immudb::index
