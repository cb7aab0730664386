// Which keys may be stored and asked for, and how large a batch may be, with the texts that clients
// of immudb 0.8.1 know. Source: the 0.8.1 ledger's key classes, size limits and error table.

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/engine.h"
#include "immudb/result.h"
#include "immudb/write_batch.h"

namespace immudb::ledger {

inline constexpr std::uint64_t kKeyBytesMax = 65'000;

// Errors: kInvalidArgument `invalid key` for an empty key and for one that names an internal record
// of the original (first byte 0x00, or IMMUDB.METADATA.LAST_FLUSHED_LEAF).
Status CheckKey(BytesView key);

// Checks all about `batch` that does not depend on what the ledger holds. Errors: kInvalidArgument
// `empty set`, `duplicated keys are not supported in single batch transaction`, `invalid key`;
// kLimitExceeded for a key over kKeyBytesMax, a batch over the limits.
Status CheckBatch(const WriteBatch& batch, BatchRules rules);

}  // namespace immudb::ledger
