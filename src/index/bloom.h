// A bloom filter whose probes for one key fall into one line of 64 bytes, so that a question costs
// one cache line in memory and one block on disk.
//
// With 10 bits a key and six probes about 1.2 % of absent keys pass. Line and bits of a hash are on
// disk (docs/formats/index-run.md).

#pragma once

#include <cstdint>
#include <vector>

#include "immudb/bytes.h"

namespace immudb::index {

inline constexpr std::size_t kBloomLineBytes = 64;
inline constexpr std::uint64_t kBloomBitsPerKey = 10;

std::uint64_t BloomLines(std::uint64_t keys);

// The line that answers for `hash` in a filter of `lines` lines.
inline std::uint64_t BloomLineOf(std::uint64_t hash, std::uint64_t lines) {
  return ((hash >> 32) * lines) >> 32;
}

bool BloomLineMayContain(const std::uint8_t* line, std::uint64_t hash);

// Thread-compatible.
class Bloom {
 public:
  // A filter for at most `keys` keys; with more it only answers "maybe" more often.
  explicit Bloom(std::uint64_t keys);

  void Add(std::uint64_t hash);
  bool MayContain(std::uint64_t hash) const {
    return BloomLineMayContain(&bits_[BloomLineOf(hash, lines_) * kBloomLineBytes], hash);
  }

  std::uint64_t lines() const { return lines_; }
  BytesView bytes() const { return bits_; }

 private:
  std::uint64_t lines_;
  Bytes bits_;
};

}  // namespace immudb::index
