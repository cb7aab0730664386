// The protobuf wire format, read and written field by field, without a schema.
//
// Used where the bytes themselves matter: the value of a structured entry is hashed as stored, so
// fields that the schema does not know must come back byte for byte; and where a request that does
// not parse needs the reason, which generated code does not tell.
//
// Source: protobuf.dev/programming-guides/encoding. The texts of faults are those a client of
// immudb 0.8.1 gets.

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::api {

enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,
  kFixed32 = 5,
};

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  std::uint64_t varint = 0;  // kVarint only.
  BytesView payload;         // kBytes only; a view into the message.
  BytesView raw;             // The whole field with its tag; a view into the message.
};

// Walks the fields of a message. A closed group is one field.
//
// Not thread-safe.
class WireReader {
 public:
  // `message` must outlive the reader and the fields it returns.
  explicit WireReader(BytesView message) : rest_(message) {}

  bool done() const { return rest_.empty(); }

  // Returns the next field. Requires: !done().
  // Errors: kInvalidArgument with the text of the fault, kUnsupported with that of a wire type that
  // is only reserved; the reader is then of no further use.
  Result<WireField> Next();

 private:
  Result<std::uint64_t> ReadVarint();
  Result<BytesView> Take(std::uint64_t count);
  // Reads to the end of the group that `number` began.
  Status SkipGroup(std::uint32_t number);

  BytesView rest_;
};

void AppendVarint(Bytes& out, std::uint64_t value);
void AppendVarintField(Bytes& out, std::uint32_t number, std::uint64_t value);
void AppendBytesField(Bytes& out, std::uint32_t number, BytesView value);
// What AppendBytesField writes before a value of `size` bytes.
void AppendBytesFieldHead(Bytes& out, std::uint32_t number, std::uint64_t size);
void AppendDoubleField(Bytes& out, std::uint32_t number, double value);

}  // namespace immudb::api
