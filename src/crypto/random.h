// Random bytes as a dependency, so that a test or a simulation can choose them.

#pragma once

#include <cstdint>
#include <span>

#include "immudb/result.h"

namespace immudb::crypto {

// Thread-safe.
class RandomSource {
 public:
  virtual ~RandomSource() = default;

  // Fills `out`. Errors: kUnavailable if there is no randomness to be had; `out` is then unusable.
  virtual Status Fill(std::span<std::uint8_t> out) = 0;
};

// OpenSSL's generator, fit for secrets.
class SystemRandom : public RandomSource {
 public:
  Status Fill(std::span<std::uint8_t> out) override;
};

}  // namespace immudb::crypto
