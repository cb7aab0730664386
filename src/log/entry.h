// How one entry is framed in the log; docs/formats/log.md has the layout. Two checksums: one of the
// value, made when the entry is framed, and one of everything else that is seeded with the entry's
// index, made when the index is known.
//
// Cost: FinishEntry reads the key and 16 bytes; DecodeEntry reads the whole entry.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "immudb/write_batch.h"

namespace immudb::log {

inline constexpr std::size_t kEntryHeaderBytes = 20;
inline constexpr std::size_t kKeyBytesMax = 65'000;
// Of a record, so of an entry too: 64 MiB.
inline constexpr std::size_t kBodyBytesMax = 64u << 20;

enum class LastOfBatch : std::uint8_t { kNo, kYes };

// Views into the bytes it was decoded from.
struct EntryView {
  EntryKind kind = EntryKind::kSet;
  bool last_of_batch = false;
  BytesView key;
  BytesView value;
  std::size_t framed_bytes = 0;
};

// An entry's lengths, from its first kEntryHeaderBytes bytes; nothing is verified yet.
struct EntryLengths {
  std::size_t key_bytes = 0;
  std::size_t extension_bytes = 0;
  std::size_t value_bytes = 0;
  std::size_t framed_bytes() const {
    return kEntryHeaderBytes + key_bytes + extension_bytes + value_bytes;
  }
};

// Appends an entry without its index-dependent parts, which FinishEntry adds. A key longer than its
// length field can say is cut off: the caller must refuse the entry later.
// Requires: value shorter than 2^32 bytes.
void AppendEntry(Bytes& out, EntryKind kind, BytesView key, BytesView value);

// Completes the entry that `framed` begins with and returns its length; the next one follows it.
// Requires: `framed` begins with a whole entry that AppendEntry made.
std::size_t FinishEntry(std::span<std::uint8_t> framed, LeafIndex index, LastOfBatch last);

// Computes the checksum of the value of the entry that `framed` begins with, after a change of it.
// Requires: as FinishEntry, which must follow.
void RefreshValueChecksum(std::span<std::uint8_t> framed);

// The framed length of the entry that AppendEntry put at the beginning of `framed`.
std::size_t FramedBytes(BytesView framed);

// Reads the lengths at the beginning of `framed` and checks them against the limits.
// Errors: kCorrupted if there are fewer than kEntryHeaderBytes bytes or a limit is exceeded.
Result<EntryLengths> DecodeEntryLengths(BytesView framed);

// Verifies the entry of index `index` that `framed` begins with, but for its value.
// Errors: as DecodeEntry.
Result<EntryLengths> DecodeEntryFrame(BytesView framed, LeafIndex index);

// Decodes and verifies the entry of index `index` that `framed` begins with.
// Errors: kCorrupted (too short, a checksum or a length is wrong); kUnsupported (the checksum
// of the header holds, but the kind, a flag or a critical extension is unknown, or the value was
// redacted).
Result<EntryView> DecodeEntry(BytesView framed, LeafIndex index);

}  // namespace immudb::log
