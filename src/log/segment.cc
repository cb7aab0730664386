#include "log/segment.h"

#include <algorithm>
#include <charconv>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::log {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'i', 'm', 'm', 'u', 'd', 'b', 'L', 'G'};
constexpr std::uint32_t kVersion = 1;

// Offsets in the header.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kReadOnlyCompatibleAt = 16;  // Compatible features, at 12, may be anything.
constexpr std::size_t kIncompatibleAt = 20;
constexpr std::size_t kLedgerAt = 24;
constexpr std::size_t kNumberAt = 40;
constexpr std::size_t kFirstAt = 48;
constexpr std::size_t kStartAt = 56;
constexpr std::size_t kDurableEndAt = 64;
constexpr std::size_t kCrcAt = kSegmentHeaderBytes - 4;

constexpr std::size_t kDigits = 8;

std::string Name(std::uint64_t number, std::string_view ending) {
  return Text("{:0{}}.{}", number, kDigits, ending);
}

}  // namespace

std::array<std::uint8_t, kSegmentHeaderBytes> EncodeSegmentHeader(const SegmentHeader& header) {
  std::array<std::uint8_t, kSegmentHeaderBytes> bytes{};
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  PutU32(bytes.data() + kVersionAt, kVersion);
  std::copy(header.ledger.bytes.begin(), header.ledger.bytes.end(), bytes.begin() + kLedgerAt);
  PutU64(bytes.data() + kNumberAt, header.number);
  PutU64(bytes.data() + kFirstAt, header.first.value);
  PutU64(bytes.data() + kStartAt, header.start.value);
  PutU64(bytes.data() + kDurableEndAt, header.durable_end.value);
  PutU32(bytes.data() + kCrcAt, Crc32c(0, BytesView(bytes).first(kCrcAt)));
  return bytes;
}

Result<SegmentHeader> DecodeSegmentHeader(BytesView bytes) {
  if (bytes.size() < kSegmentHeaderBytes) {
    return Fail(Code::kCorrupted, "segment header is cut off");
  }
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return Fail(Code::kCorrupted, "not a log segment");
  }
  if (GetU32(bytes.data() + kCrcAt) != Crc32c(0, bytes.first(kCrcAt))) {
    return Fail(Code::kCorrupted, "segment header does not match its checksum");
  }
  if (const auto version = GetU32(bytes.data() + kVersionAt); version != kVersion) {
    return Fail(Code::kUnsupported, "log format version {}; this build knows {}", version,
                kVersion);
  }
  if (GetU32(bytes.data() + kReadOnlyCompatibleAt) != 0 ||
      GetU32(bytes.data() + kIncompatibleAt) != 0) {
    return Fail(Code::kUnsupported, "log format features {:#x} and {:#x}",
                GetU32(bytes.data() + kReadOnlyCompatibleAt),
                GetU32(bytes.data() + kIncompatibleAt));
  }
  SegmentHeader header{.ledger = {},
                       .number = GetU64(bytes.data() + kNumberAt),
                       .first = {GetU64(bytes.data() + kFirstAt)},
                       .start = {GetU64(bytes.data() + kStartAt)},
                       .durable_end = {GetU64(bytes.data() + kDurableEndAt)}};
  std::copy_n(bytes.begin() + kLedgerAt, header.ledger.bytes.size(), header.ledger.bytes.begin());
  return header;
}

std::string SegmentName(std::uint64_t number) {
  return Name(number, "seg");
}

std::string TemporarySegmentName(std::uint64_t number) {
  return Name(number, "tmp");
}

std::optional<std::uint64_t> SegmentNumber(std::string_view name, std::string_view ending) {
  if (name.size() != kDigits + 1 + ending.size() || name[kDigits] != '.' ||
      name.substr(kDigits + 1) != ending) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* const end = name.data() + kDigits;
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
  return number;
}

}  // namespace immudb::log
