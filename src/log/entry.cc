#include "log/entry.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::log {
namespace {

constexpr std::size_t kFieldMax = std::numeric_limits<std::uint16_t>::max();

// Offsets in an entry's header.
constexpr std::size_t kKindAt = 0;
constexpr std::size_t kFlagsAt = 1;
constexpr std::size_t kKeyBytesAt = 2;
constexpr std::size_t kExtensionBytesAt = 4;
constexpr std::size_t kReservedAt = 6;
constexpr std::size_t kValueBytesAt = 8;
constexpr std::size_t kValueCrcAt = 12;
constexpr std::size_t kEntryCrcAt = 16;

constexpr std::uint8_t kLastOfBatchFlag = 1;
constexpr std::uint8_t kRedactedKind = 16;
constexpr std::uint8_t kCriticalType = 128;
constexpr std::size_t kExtensionHeaderBytes = 2;

// `framed` begins with a whole entry of these lengths.
std::uint32_t EntryCrc(BytesView framed, const EntryLengths& lengths, LeafIndex index) {
  std::array<std::uint8_t, sizeof index.value> seed{};
  PutU64(seed.data(), index.value);
  const std::uint32_t crc = Crc32c(Crc32c(0, seed), framed.first(kEntryCrcAt));
  return Crc32c(crc,
                framed.subspan(kEntryHeaderBytes, lengths.key_bytes + lengths.extension_bytes));
}

EntryLengths LengthsOf(BytesView header) {
  return {.key_bytes = GetU16(header.data() + kKeyBytesAt),
          .extension_bytes = GetU16(header.data() + kExtensionBytesAt),
          .value_bytes = GetU32(header.data() + kValueBytesAt)};
}

Status CheckExtension(BytesView extension) {
  while (!extension.empty()) {
    if (extension.size() < kExtensionHeaderBytes) {
      return Fail(Code::kCorrupted, "entry extension is cut off");
    }
    const std::size_t item_bytes = kExtensionHeaderBytes + extension[1];
    if (extension.size() < item_bytes) return Fail(Code::kCorrupted, "entry extension is cut off");
    if (extension[0] >= kCriticalType) {
      return Fail(Code::kUnsupported, "critical entry extension {}", extension[0]);
    }
    extension = extension.subspan(item_bytes);
  }
  return {};
}

// The checksums hold: what is wrong now is newer than this build, not damaged.
Status CheckKnown(BytesView header, BytesView extension) {
  const std::uint8_t kind = header[kKindAt];
  if (kind == kRedactedKind) return Fail(Code::kUnsupported, "the entry's value was redacted");
  if (kind < static_cast<std::uint8_t>(EntryKind::kSet) ||
      kind > static_cast<std::uint8_t>(EntryKind::kSortedSetEntry)) {
    return Fail(Code::kUnsupported, "entry kind {}", kind);
  }
  if ((header[kFlagsAt] & ~kLastOfBatchFlag) != 0 || GetU16(header.data() + kReservedAt) != 0) {
    return Fail(Code::kUnsupported, "entry flags {}", header[kFlagsAt]);
  }
  return CheckExtension(extension);
}

}  // namespace

void AppendEntry(Bytes& out, EntryKind kind, BytesView key, BytesView value) {
  IMMUDB_CHECK(value.size() <= std::numeric_limits<std::uint32_t>::max());
  key = key.first(std::min(key.size(), kFieldMax));
  std::array<std::uint8_t, kEntryHeaderBytes> header{};
  header[kKindAt] = static_cast<std::uint8_t>(kind);
  PutU16(header.data() + kKeyBytesAt, static_cast<std::uint16_t>(key.size()));
  PutU32(header.data() + kValueBytesAt, static_cast<std::uint32_t>(value.size()));
  PutU32(header.data() + kValueCrcAt, Crc32c(0, value));
  const std::size_t begin = out.size();
  out.resize(begin + kEntryHeaderBytes + key.size() + value.size());
  std::uint8_t* at = out.data() + begin;
  at = std::copy(header.begin(), header.end(), at);
  at = std::copy(key.begin(), key.end(), at);
  std::copy(value.begin(), value.end(), at);
}

std::size_t FramedBytes(BytesView framed) {
  IMMUDB_CHECK(framed.size() >= kEntryHeaderBytes);
  const std::size_t bytes = LengthsOf(framed).framed_bytes();
  IMMUDB_CHECK(bytes <= framed.size());
  return bytes;
}

std::size_t FinishEntry(std::span<std::uint8_t> framed, LeafIndex index, LastOfBatch last) {
  const std::size_t bytes = FramedBytes(framed);
  framed[kFlagsAt] = last == LastOfBatch::kYes ? kLastOfBatchFlag : 0;
  PutU32(framed.data() + kEntryCrcAt, EntryCrc(framed, LengthsOf(framed), index));
  return bytes;
}

void RefreshValueChecksum(std::span<std::uint8_t> framed) {
  const std::size_t bytes = FramedBytes(framed);
  const std::size_t value_bytes = LengthsOf(framed).value_bytes;
  PutU32(framed.data() + kValueCrcAt, Crc32c(0, framed.subspan(bytes - value_bytes, value_bytes)));
}

Result<EntryLengths> DecodeEntryLengths(BytesView framed) {
  if (framed.size() < kEntryHeaderBytes) {
    return Fail(Code::kCorrupted, "entry header of {} bytes", framed.size());
  }
  const EntryLengths lengths = LengthsOf(framed);
  if (lengths.key_bytes > kKeyBytesMax) {
    return Fail(Code::kCorrupted, "entry key of {} bytes", lengths.key_bytes);
  }
  if (lengths.framed_bytes() > kBodyBytesMax) {
    return Fail(Code::kCorrupted, "entry of {} bytes", lengths.framed_bytes());
  }
  return lengths;
}

Result<EntryLengths> DecodeEntryFrame(BytesView framed, LeafIndex index) {
  IMMUDB_ASSIGN(const EntryLengths lengths, DecodeEntryLengths(framed));
  if (lengths.framed_bytes() > framed.size()) {
    return Fail(Code::kCorrupted, "entry {} has {} of {} bytes", index.value, framed.size(),
                lengths.framed_bytes());
  }
  if (GetU32(framed.data() + kEntryCrcAt) != EntryCrc(framed, lengths, index)) {
    return Fail(Code::kCorrupted, "entry {} does not match its checksum", index.value);
  }
  const BytesView rest = framed.subspan(kEntryHeaderBytes);
  IMMUDB_TRY(CheckKnown(framed, rest.subspan(lengths.key_bytes, lengths.extension_bytes)));
  return lengths;
}

Result<EntryView> DecodeEntry(BytesView framed, LeafIndex index) {
  IMMUDB_ASSIGN(const EntryLengths lengths, DecodeEntryFrame(framed, index));
  const BytesView rest = framed.subspan(kEntryHeaderBytes);
  const BytesView value =
      rest.subspan(lengths.key_bytes + lengths.extension_bytes, lengths.value_bytes);
  if (GetU32(framed.data() + kValueCrcAt) != Crc32c(0, value)) {
    return Fail(Code::kCorrupted, "the value of entry {} does not match its checksum", index.value);
  }
  return EntryView{.kind = static_cast<EntryKind>(framed[kKindAt]),
                   .last_of_batch = (framed[kFlagsAt] & kLastOfBatchFlag) != 0,
                   .key = rest.first(lengths.key_bytes),
                   .value = value,
                   .framed_bytes = lengths.framed_bytes()};
}

}  // namespace immudb::log
