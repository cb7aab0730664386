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

// Whether `key` names an internal record of the original (first byte 0x00, or
// IMMUDB.METADATA.LAST_FLUSHED_LEAF). No entry has such a key.
bool IsReservedKey(BytesView key);

// Errors: kInvalidArgument `invalid key` for an empty and for a reserved key.
Status CheckKey(BytesView key);

// What a batch with two operations for one stored key is refused with; the kind is the later one's.
Error DuplicateError(EntryKind kind);

// Checks all about `batch` that does not depend on what the ledger holds. Errors: kInvalidArgument
// `empty set`, `duplicated keys are not supported in single batch transaction`, `invalid key`,
// `invalid reference` (a reference or set entry that is not one by its form); kLimitExceeded for a
// key over kKeyBytesMax, a batch over the limits.
Status CheckBatch(const WriteBatch& batch, BatchRules rules);

}  // namespace immudb::ledger
