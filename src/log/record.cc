#include "log/record.h"

#include <algorithm>
#include <cstring>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"
#include "log/entry.h"

namespace immudb::log {
namespace {

// Offsets in a record's header.
constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kCrcAt = 4;
constexpr std::size_t kFirstAt = 8;
constexpr std::size_t kCountAt = 16;
constexpr std::size_t kFlagsAt = 20;
constexpr std::size_t kBodyBytesAt = 24;
constexpr std::size_t kTimeAt = 32;
constexpr std::size_t kDurableEndAt = 40;
constexpr std::size_t kRootAt = 48;
static_assert(kRootAt + sizeof(Digest) == kRecordHeaderBytes);
static_assert(kRecordHeaderBytes % kRecordAlignment == 0);

}  // namespace

RecordCodec::RecordCodec(const LedgerId& id) : id_crc_(Crc32c(0, id.bytes)) {}

std::uint32_t RecordCodec::Checksum(BytesView bytes, LogPosition position) const {
  std::array<std::uint8_t, sizeof position.value> place{};
  PutU64(place.data(), position.value);
  return Crc32c(Crc32c(id_crc_, place), bytes.subspan(kFirstAt, kRecordHeaderBytes - kFirstAt));
}

std::array<std::uint8_t, kRecordHeaderBytes> RecordCodec::Encode(const RecordHeader& header,
                                                                 LogPosition position) const {
  std::array<std::uint8_t, kRecordHeaderBytes> bytes{};
  PutU32(bytes.data() + kMagicAt, kRecordMagic);
  PutU64(bytes.data() + kFirstAt, header.first.value);
  PutU32(bytes.data() + kCountAt, header.count);
  PutU64(bytes.data() + kBodyBytesAt, header.body_bytes);
  PutLittle(bytes.data() + kTimeAt, header.time_us);
  PutU64(bytes.data() + kDurableEndAt, header.durable_end.value);
  std::copy(header.root_before.begin(), header.root_before.end(), bytes.begin() + kRootAt);
  PutU32(bytes.data() + kCrcAt, Checksum(bytes, position));
  return bytes;
}

Result<RecordHeader> RecordCodec::Decode(BytesView bytes, LogPosition position) const {
  if (bytes.size() < kRecordHeaderBytes) {
    return Fail(Code::kCorrupted, "record header at {} is cut off", position.value);
  }
  if (GetU32(bytes.data() + kMagicAt) != kRecordMagic) {
    return Fail(Code::kCorrupted, "no record at {}", position.value);
  }
  if (GetU32(bytes.data() + kCrcAt) != Checksum(bytes, position)) {
    return Fail(Code::kCorrupted, "record header at {} does not match its checksum",
                position.value);
  }
  if (GetU32(bytes.data() + kFlagsAt) != 0) {
    return Fail(Code::kUnsupported, "flags of the record at {}", position.value);
  }
  RecordHeader header{.first = {GetU64(bytes.data() + kFirstAt)},
                      .count = GetU32(bytes.data() + kCountAt),
                      .body_bytes = GetU64(bytes.data() + kBodyBytesAt),
                      .time_us = GetLittle<std::int64_t>(bytes.data() + kTimeAt),
                      .durable_end = {GetU64(bytes.data() + kDurableEndAt)},
                      .root_before = {}};
  std::memcpy(header.root_before.data(), bytes.data() + kRootAt, sizeof(Digest));
  const bool sizes_fit = header.body_bytes <= kBodyBytesMax &&
                         header.body_bytes >= header.count * std::uint64_t{kEntryHeaderBytes} &&
                         (header.count == 0) == (header.body_bytes == 0);
  if (!sizes_fit || header.durable_end > position) {
    return Fail(Code::kCorrupted, "record header at {} contradicts itself", position.value);
  }
  return header;
}

Status CheckBody(const RecordHeader& header, BytesView body) {
  LeafIndex index = header.first;
  for (std::uint32_t i = 0; i < header.count; ++i) {
    IMMUDB_ASSIGN(const EntryView entry, DecodeEntry(body, index));
    body = body.subspan(entry.framed_bytes);
    ++index.value;
  }
  if (!body.empty()) {
    return Fail(Code::kCorrupted, "{} bytes after the last entry of a record", body.size());
  }
  return {};
}

}  // namespace immudb::log
