#include "api/wire.h"

#include <bit>
#include <vector>

#include "base/check.h"
#include "base/error.h"

namespace immudb::api {
namespace {

constexpr std::uint32_t kFieldNumberMax = (1u << 29) - 1;
constexpr std::uint64_t kEndGroup = 4;
constexpr std::size_t kVarintBytesMax = 10;
// As generated code has it; deeper groups would only serve to use up memory.
constexpr std::size_t kGroupDepthMax = 100;

Error Truncated() {
  return Fail(Code::kInvalidArgument, "unexpected EOF");
}

Error Reserved() {
  return Fail(Code::kUnsupported, "proto: cannot parse reserved wire type");
}

}  // namespace

Result<std::uint64_t> WireReader::ReadVarint() {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kVarintBytesMax; ++i) {
    if (i == rest_.size()) return Truncated();
    const std::uint8_t byte = rest_[i];
    // The tenth byte holds the one bit that is left of 64.
    if (i == kVarintBytesMax - 1 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      rest_ = rest_.subspan(i + 1);
      return value;
    }
  }
  return Fail(Code::kInvalidArgument, "proto: variable length integer overflow");
}

Result<BytesView> WireReader::Take(std::uint64_t count) {
  if (count > rest_.size()) return Truncated();
  const BytesView taken = rest_.first(count);
  rest_ = rest_.subspan(count);
  return taken;
}

Result<WireField> WireReader::Next() {
  IMMUDB_CHECK(!done());
  const BytesView start = rest_;
  IMMUDB_ASSIGN(const std::uint64_t tag, ReadVarint());
  const std::uint64_t number = tag >> 3;
  if (number == 0 || number > kFieldNumberMax) {
    return Fail(Code::kInvalidArgument, "proto: invalid field number");
  }
  WireField field;
  field.number = static_cast<std::uint32_t>(number);
  switch (tag & 7) {
    case static_cast<std::uint64_t>(WireType::kVarint): {
      IMMUDB_ASSIGN(field.varint, ReadVarint());
      break;
    }
    case static_cast<std::uint64_t>(WireType::kFixed64): IMMUDB_TRY(Take(8)); break;
    case static_cast<std::uint64_t>(WireType::kBytes): {
      IMMUDB_ASSIGN(const std::uint64_t length, ReadVarint());
      IMMUDB_ASSIGN(field.payload, Take(length));
      break;
    }
    case static_cast<std::uint64_t>(WireType::kGroup): IMMUDB_TRY(SkipGroup(field.number)); break;
    case static_cast<std::uint64_t>(WireType::kFixed32): IMMUDB_TRY(Take(4)); break;
    case kEndGroup: return Fail(Code::kInvalidArgument, "proto: mismatching end group marker");
    default: return Reserved();
  }
  field.type = static_cast<WireType>(tag & 7);
  field.raw = start.first(start.size() - rest_.size());
  return field;
}

Status WireReader::SkipGroup(std::uint32_t number) {
  std::vector<std::uint32_t> open = {number};
  while (!open.empty()) {
    IMMUDB_ASSIGN(const std::uint64_t tag, ReadVarint());
    const std::uint64_t inner = tag >> 3;
    if (inner == 0 || inner > kFieldNumberMax) {
      return Fail(Code::kInvalidArgument, "proto: invalid field number");
    }
    switch (tag & 7) {
      case static_cast<std::uint64_t>(WireType::kVarint): IMMUDB_TRY(ReadVarint()); break;
      case static_cast<std::uint64_t>(WireType::kFixed64): IMMUDB_TRY(Take(8)); break;
      case static_cast<std::uint64_t>(WireType::kBytes): {
        IMMUDB_ASSIGN(const std::uint64_t length, ReadVarint());
        IMMUDB_TRY(Take(length));
        break;
      }
      case static_cast<std::uint64_t>(WireType::kGroup):
        if (open.size() == kGroupDepthMax) {
          return Fail(Code::kInvalidArgument, "proto: groups are nested too deeply");
        }
        open.push_back(static_cast<std::uint32_t>(inner));
        break;
      case kEndGroup:
        if (open.back() != inner) {
          return Fail(Code::kInvalidArgument, "proto: mismatching end group marker");
        }
        open.pop_back();
        break;
      case static_cast<std::uint64_t>(WireType::kFixed32): IMMUDB_TRY(Take(4)); break;
      default: return Reserved();
    }
  }
  return {};
}

void AppendVarint(Bytes& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value) | 0x80);
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void AppendVarintField(Bytes& out, std::uint32_t number, std::uint64_t value) {
  AppendVarint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(WireType::kVarint));
  AppendVarint(out, value);
}

void AppendBytesFieldHead(Bytes& out, std::uint32_t number, std::uint64_t size) {
  AppendVarint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(WireType::kBytes));
  AppendVarint(out, size);
}

void AppendBytesField(Bytes& out, std::uint32_t number, BytesView value) {
  AppendBytesFieldHead(out, number, value.size());
  out.insert(out.end(), value.begin(), value.end());
}

void AppendDoubleField(Bytes& out, std::uint32_t number, double value) {
  AppendVarint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(WireType::kFixed64));
  const auto bits = std::bit_cast<std::uint64_t>(value);
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(bits >> shift));
  }
}

}  // namespace immudb::api
