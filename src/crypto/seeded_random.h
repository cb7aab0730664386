// Random bytes that a seed decides, for tests and simulations. Never for secrets.

#pragma once

#include <cstdint>
#include <span>

#include "base/mutex.h"
#include "crypto/random.h"

namespace immudb::crypto {

// Repeats itself exactly for the same seed and the same sequence of lengths. Thread-safe.
class SeededRandom : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}

  // Never fails.
  Status Fill(std::span<std::uint8_t> out) override;

 private:
  const std::uint64_t seed_;
  Mutex mutex_;
  std::uint64_t blocks_drawn_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

}  // namespace immudb::crypto
