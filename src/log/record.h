// Positions in the log, and the header of a record: one group of entries that was appended in one
// piece. docs/formats/log.md has the layout.

#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::log {

// A byte of the log, counted over all its segments without their headers.
struct LogPosition {
  std::uint64_t value = 0;
  auto operator<=>(const LogPosition&) const = default;
};

inline LogPosition operator+(LogPosition position, std::uint64_t bytes) {
  return {position.value + bytes};
}

// Names a ledger for ever; in its meta file and in every segment.
struct LedgerId {
  std::array<std::uint8_t, 16> bytes{};
  bool operator==(const LedgerId&) const = default;
};

inline constexpr std::size_t kRecordHeaderBytes = 80;
// Records begin at multiples of this; the gap is zero.
inline constexpr std::size_t kRecordAlignment = 8;
// The first bytes of a record, as a little-endian number.
inline constexpr std::uint32_t kRecordMagic = 0x7463'526c;

struct RecordHeader {
  LeafIndex first{};             // Index of the first entry; of a seal, the next one.
  std::uint32_t count = 0;       // Entries; 0 in a seal.
  std::uint64_t body_bytes = 0;  // 0 in a seal.
  std::int64_t time_us = 0;      // Since 1970-01-01 UTC.
  LogPosition durable_end{};     // Everything before was synced when this record was made.
  Digest root_before{};          // Root of the tree of size `first`.

  bool is_seal() const { return count == 0; }
  bool operator==(const RecordHeader&) const = default;
};

// Bytes a record takes in the log, with its padding.
constexpr std::uint64_t RecordBytes(std::uint64_t body_bytes) {
  return (kRecordHeaderBytes + body_bytes + kRecordAlignment - 1) / kRecordAlignment *
         kRecordAlignment;
}

// Binds record checksums to a ledger, and to a place in it.
class RecordCodec {
 public:
  explicit RecordCodec(const LedgerId& id);

  std::array<std::uint8_t, kRecordHeaderBytes> Encode(const RecordHeader& header,
                                                      LogPosition position) const;

  // Decodes the header that `bytes` begins with; the body is not looked at.
  // Errors: kCorrupted (too short, no magic, wrong checksum or place, a length or position that
  // cannot be); kUnsupported (the checksum holds, but a flag is unknown).
  Result<RecordHeader> Decode(BytesView bytes, LogPosition position) const;

 private:
  std::uint32_t Checksum(BytesView bytes, LogPosition position) const;

  std::uint32_t id_crc_;
};

// Checks that `body` is exactly the entries that `header` announces.
// Errors: as DecodeEntry.
Status CheckBody(const RecordHeader& header, BytesView body);

}  // namespace immudb::log
