// A segment is one file of the log: a header of 128 bytes, then records. docs/formats/log.md has
// the layout and says where a segment's part of the log ends.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "log/record.h"

namespace immudb::log {

inline constexpr std::size_t kSegmentHeaderBytes = 128;

struct SegmentHeader {
  LedgerId ledger{};
  std::uint64_t number = 0;
  LeafIndex first{};          // Index of its first entry.
  LogPosition start{};        // Of its first record.
  LogPosition durable_end{};  // Everything before was synced when the file got its name.

  bool operator==(const SegmentHeader&) const = default;
};

std::array<std::uint8_t, kSegmentHeaderBytes> EncodeSegmentHeader(const SegmentHeader& header);

// Errors: kCorrupted (too short, no segment, wrong checksum); kUnsupported (whole, but of a newer
// version or with a feature this build does not know).
Result<SegmentHeader> DecodeSegmentHeader(BytesView bytes);

// "00000042.seg".
std::string SegmentName(std::uint64_t number);
// "00000042.tmp": a segment that does not belong to the log yet.
std::string TemporarySegmentName(std::uint64_t number);
// The number in a name of the given ending, "seg" or "tmp"; none for other names.
std::optional<std::uint64_t> SegmentNumber(std::string_view name, std::string_view ending);

}  // namespace immudb::log
