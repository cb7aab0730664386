// Structured values: a time stamp and a payload, stored as the serialized message Content
// {1 timestamp, 2 payload}. Leaves of the tree hash the stored bytes, so clients that rebuild a
// leaf from a Content they received rely on the normal form written here: field 1 before field 2,
// default values left out, shortest varints, unknown fields behind them as they came.
//
// Source: immudb 0.8.0, as docs/compatibility.md describes it.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::api {

struct Content {
  std::uint64_t timestamp = 0;
  BytesView payload;  // A view into what was parsed.
  Bytes unknown;      // The fields the schema does not know, byte for byte, in their order.
};

// Adds the fields of `message` to `content`, as parsers merge the parts of a message that comes in
// pieces: of a repeated scalar the last counts. `message` must outlive `content`.
// Errors: those of WireReader, with the text of the first fault.
Status MergeContent(Content& content, BytesView message);

// Returns the normal form.
Bytes EncodeContent(const Content& content);

// Returns the normal form of a stored value. Errors: as MergeContent.
Result<Bytes> NormalizeStoredContent(BytesView stored);

struct StructuredKeyValue {
  BytesView key;
  std::optional<Content> value;  // Absent is not the same as empty.
};

struct StructuredRequest {
  std::vector<StructuredKeyValue> items;
  bool has_root_index = false;
  std::uint64_t root_index = 0;
};

// Parse the requests of SetSV, SetBatchSV and SafeSetSV. For the last, `items` is empty if the
// request names no entry. Views are into `message`. Errors: as MergeContent.
Result<StructuredRequest> ParseStructuredKeyValue(BytesView message);
Result<StructuredRequest> ParseStructuredList(BytesView message);
Result<StructuredRequest> ParseSafeSetStructured(BytesView message);

}  // namespace immudb::api
