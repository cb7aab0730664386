#include "ledger/version_sum.h"

#include <span>

#include "base/encoding.h"
#include "base/error.h"
#include "proof/entry_digest.h"

namespace immudb::ledger {

VersionSum& VersionSum::operator+=(const Digest& digest) {
  for (std::size_t i = 0; i < kWords; ++i) {
    words_[i] += GetU64(digest.data() + i * sizeof(std::uint64_t));
  }
  return *this;
}

VersionSum VersionSum::operator-(const VersionSum& other) const {
  VersionSum difference;
  for (std::size_t i = 0; i < kWords; ++i) difference.words_[i] = words_[i] - other.words_[i];
  return difference;
}

Result<VersionHasher> VersionHasher::Create(crypto::RandomSource& random) {
  VersionHasher hasher;
  IMMUDB_TRY(random.Fill(std::span(hasher.tail_).first(kSecretBytes)));
  return hasher;
}

// The digest of an entry binds index and key; what stands in the place of its value is the rest.
Digest VersionHasher::Hash(const index::NewVersion& version) const {
  auto tail = tail_;
  tail.back() = version.kind;
  return proof::EntryDigest(version.index, version.key, tail);
}

}  // namespace immudb::ledger
