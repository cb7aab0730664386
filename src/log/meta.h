// The meta file of a ledger: who it is. Written once, when the ledger is created; docs/formats/
// meta.md has the layout.

#pragma once

#include <cstdint>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "log/record.h"

namespace immudb::log {

struct Meta {
  LedgerId ledger{};
  std::int64_t created_us = 0;  // Since 1970-01-01 UTC.
  std::string origin;           // UTF-8; names the ledger to its clients for ever.

  bool operator==(const Meta&) const = default;
};

inline constexpr std::size_t kOriginBytesMax = 1024;
// Of a meta file.
inline constexpr std::size_t kMetaBytesMax = 2048;

// Requires: an origin of at most kOriginBytesMax bytes.
Bytes EncodeMeta(const Meta& meta);

// Errors: kCorrupted (wrong length, no meta file, wrong checksum); kUnsupported (whole, but of a
// newer version or with a feature this build does not know).
Result<Meta> DecodeMeta(BytesView bytes);

}  // namespace immudb::log
