#include "api/structured.h"

#include "api/wire.h"
#include "base/error.h"

namespace immudb::api {
namespace {

constexpr std::size_t kFramingBytesMax = 22;  // Two tags, two varints.

// Returns whether `field` is the length-delimited field `number`.
bool IsBytes(const WireField& field, std::uint32_t number) {
  return field.number == number && field.type == WireType::kBytes;
}

Status MergeKeyValue(StructuredKeyValue& item, BytesView message) {
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (IsBytes(field, 1)) {
      item.key = field.payload;
    } else if (IsBytes(field, 2)) {
      if (!item.value) item.value.emplace();
      IMMUDB_TRY(MergeContent(*item.value, field.payload));
    }
  }
  return {};
}

Status MergeIndex(std::uint64_t& index, BytesView message) {
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (field.number == 1 && field.type == WireType::kVarint) index = field.varint;
  }
  return {};
}

}  // namespace

Status MergeContent(Content& content, BytesView message) {
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (field.number == 1 && field.type == WireType::kVarint) {
      content.timestamp = field.varint;
    } else if (IsBytes(field, 2)) {
      content.payload = field.payload;
    } else {
      content.unknown.insert(content.unknown.end(), field.raw.begin(), field.raw.end());
    }
  }
  return {};
}

Bytes EncodeContent(const Content& content) {
  Bytes out;
  out.reserve(content.payload.size() + content.unknown.size() + kFramingBytesMax);
  if (content.timestamp != 0) AppendVarintField(out, 1, content.timestamp);
  if (!content.payload.empty()) AppendBytesField(out, 2, content.payload);
  out.insert(out.end(), content.unknown.begin(), content.unknown.end());
  return out;
}

Result<Bytes> NormalizeStoredContent(BytesView stored) {
  Content content;
  IMMUDB_TRY(MergeContent(content, stored));
  return EncodeContent(content);
}

Result<StructuredRequest> ParseStructuredKeyValue(BytesView message) {
  StructuredRequest request;
  IMMUDB_TRY(MergeKeyValue(request.items.emplace_back(), message));
  return request;
}

Result<StructuredRequest> ParseStructuredList(BytesView message) {
  StructuredRequest request;
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (!IsBytes(field, 1)) continue;
    IMMUDB_TRY(MergeKeyValue(request.items.emplace_back(), field.payload));
  }
  return request;
}

Result<StructuredRequest> ParseSafeSetStructured(BytesView message) {
  StructuredRequest request;
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (IsBytes(field, 1)) {
      if (request.items.empty()) request.items.emplace_back();
      IMMUDB_TRY(MergeKeyValue(request.items.front(), field.payload));
    } else if (IsBytes(field, 2)) {
      request.has_root_index = true;
      IMMUDB_TRY(MergeIndex(request.root_index, field.payload));
    }
  }
  return request;
}

}  // namespace immudb::api
