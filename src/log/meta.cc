#include "log/meta.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::log {
namespace {

constexpr std::array<std::uint8_t, 8> kMagic = {'i', 'm', 'm', 'u', 'd', 'b', 'M', 'T'};
constexpr std::uint32_t kVersion = 1;

// Offsets.
constexpr std::size_t kVersionAt = 8;
constexpr std::size_t kReadOnlyCompatibleAt = 16;  // Compatible features, at 12, may be anything.
constexpr std::size_t kIncompatibleAt = 20;
constexpr std::size_t kLedgerAt = 24;
constexpr std::size_t kCreatedAt = 40;
constexpr std::size_t kOriginBytesAt = 48;
constexpr std::size_t kOriginAt = 50;
constexpr std::size_t kCrcBytes = 4;
static_assert(kOriginAt + kOriginBytesMax + kCrcBytes <= kMetaBytesMax);

}  // namespace

Bytes EncodeMeta(const Meta& meta) {
  IMMUDB_CHECK(meta.origin.size() <= kOriginBytesMax);
  Bytes bytes(kOriginAt + meta.origin.size() + kCrcBytes);
  std::copy(kMagic.begin(), kMagic.end(), bytes.begin());
  PutU32(bytes.data() + kVersionAt, kVersion);
  std::copy(meta.ledger.bytes.begin(), meta.ledger.bytes.end(), bytes.begin() + kLedgerAt);
  PutLittle(bytes.data() + kCreatedAt, meta.created_us);
  PutU16(bytes.data() + kOriginBytesAt, static_cast<std::uint16_t>(meta.origin.size()));
  std::copy(meta.origin.begin(), meta.origin.end(), bytes.begin() + kOriginAt);
  const std::size_t crc_at = bytes.size() - kCrcBytes;
  PutU32(bytes.data() + crc_at, Crc32c(0, BytesView(bytes).first(crc_at)));
  return bytes;
}

Result<Meta> DecodeMeta(BytesView bytes) {
  if (bytes.size() < kOriginAt + kCrcBytes || bytes.size() > kMetaBytesMax) {
    return Fail(Code::kCorrupted, "meta file of {} bytes", bytes.size());
  }
  if (!std::equal(kMagic.begin(), kMagic.end(), bytes.begin())) {
    return Fail(Code::kCorrupted, "not a meta file");
  }
  const std::size_t crc_at = bytes.size() - kCrcBytes;
  if (GetU32(bytes.data() + crc_at) != Crc32c(0, bytes.first(crc_at))) {
    return Fail(Code::kCorrupted, "meta file does not match its checksum");
  }
  if (const auto version = GetU32(bytes.data() + kVersionAt); version != kVersion) {
    return Fail(Code::kUnsupported, "meta file version {}; this build knows {}", version, kVersion);
  }
  if (GetU32(bytes.data() + kReadOnlyCompatibleAt) != 0 ||
      GetU32(bytes.data() + kIncompatibleAt) != 0) {
    return Fail(Code::kUnsupported, "meta file features {:#x} and {:#x}",
                GetU32(bytes.data() + kReadOnlyCompatibleAt),
                GetU32(bytes.data() + kIncompatibleAt));
  }
  const std::size_t origin_bytes = GetU16(bytes.data() + kOriginBytesAt);
  if (kOriginAt + origin_bytes != crc_at || origin_bytes > kOriginBytesMax) {
    return Fail(Code::kCorrupted, "meta file with an origin of {} bytes", origin_bytes);
  }
  Meta meta{.created_us = GetLittle<std::int64_t>(bytes.data() + kCreatedAt), .origin = {}};
  std::copy_n(bytes.begin() + kLedgerAt, meta.ledger.bytes.size(), meta.ledger.bytes.begin());
  meta.origin.assign(bytes.begin() + kOriginAt,
                     bytes.begin() + static_cast<std::ptrdiff_t>(crc_at));
  return meta;
}

}  // namespace immudb::log
