#include "proof/entry_digest.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/encoding.h"
#include "crypto/sha256.h"

namespace immudb {
namespace {

constexpr std::uint8_t kLeafPrefix = 0x00;

// What precedes the key: prefix, index, length of the key.
using Header = std::array<std::uint8_t, 17>;

void PutHeader(Header& header, LeafIndex index, BytesView key) {
  header[0] = kLeafPrefix;
  PutBigU64(header.data() + 1, index.value);
  PutBigU64(header.data() + 9, key.size());
}

}  // namespace

Digest EntryDigest(LeafIndex index, BytesView key, BytesView value) {
  Header header{};
  PutHeader(header, index, key);
  const std::array<BytesView, 3> parts = {header, key, value};
  return crypto::Sha256(parts);
}

namespace proof {

void EntryDigests(LeafIndex first, std::span<const EntryView> entries, std::span<Digest> digests) {
  IMMUDB_CHECK(entries.size() == digests.size());
  // So many at a time that headers and pieces stay in the first-level cache.
  constexpr std::size_t kChunk = 64;
  std::array<Header, kChunk> headers;              // NOLINT: filled before use
  std::array<crypto::MessageParts, kChunk> parts;  // NOLINT: filled before use
  while (!entries.empty()) {
    const std::size_t count = std::min(entries.size(), kChunk);
    for (std::size_t i = 0; i < count; i++) {
      PutHeader(headers[i], {first.value + i}, entries[i].key);
      parts[i] = {headers[i], entries[i].key, entries[i].value};
    }
    crypto::Sha256Many(std::span(parts).first(count), digests.first(count));
    first.value += count;
    entries = entries.subspan(count);
    digests = digests.subspan(count);
  }
}

}  // namespace proof
}  // namespace immudb
