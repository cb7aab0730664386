// A sum over versions of the index that does not depend on their order: two sets of versions have
// the same sum only if they are the same, but for a chance of 2^-128 that nobody can raise who does
// not know the secret.
//
// Cost: one block of SHA-256 for a short key, 60 ns.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "crypto/random.h"
#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "index/version.h"

namespace immudb::ledger {

class VersionSum {
 public:
  static constexpr std::size_t kWords = sizeof(Digest) / sizeof(std::uint64_t);

  VersionSum& operator+=(const Digest& digest);
  VersionSum operator-(const VersionSum& other) const;
  bool operator==(const VersionSum&) const = default;

 private:
  std::array<std::uint64_t, kWords> words_{};
};

// Makes what is summed up. Thread-compatible.
class VersionHasher {
 public:
  // With a secret from `random`. Errors: those of RandomSource::Fill.
  static Result<VersionHasher> Create(crypto::RandomSource& random);

  Digest Hash(const index::NewVersion& version) const;

 private:
  static constexpr std::size_t kSecretBytes = 16;
  // The secret, and room for the kind behind it.
  std::array<std::uint8_t, kSecretBytes + 1> tail_{};
};

}  // namespace immudb::ledger
