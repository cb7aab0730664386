#include "crypto/seeded_random.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/encoding.h"
#include "crypto/sha256.h"

namespace immudb::crypto {

// Block n is the digest of the seed and n.
Status SeededRandom::Fill(std::span<std::uint8_t> out) {
  const MutexLock lock(mutex_);
  while (!out.empty()) {
    std::array<std::uint8_t, 16> input{};
    PutU64(input.data(), seed_);
    PutU64(input.data() + 8, blocks_drawn_++);
    const Digest block = Sha256(BytesView(input));
    const std::size_t count = std::min(out.size(), block.size());
    std::memcpy(out.data(), block.data(), count);
    out = out.subspan(count);
  }
  return {};
}

}  // namespace immudb::crypto
