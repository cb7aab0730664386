// What all calls that write have in common: submit a batch, answer from its callback.

#pragma once

#include <optional>

#include "api/context.h"
#include "immudb/tree.h"
#include "immudb/write_batch.h"

namespace immudb::api {

// Submits `batch` and answers with the index of its last entry.
void Write(const Context& context, WriteBatch batch);

// Submits a batch of one entry and answers with its proof in the tree that it is the newest leaf
// of: clients remember the pair (index, root) of a verified write, whatever came after it.
// Requires: `since` was checked by the ledger.
void WriteProven(const Context& context, WriteBatch batch, std::optional<LeafIndex> since);

}  // namespace immudb::api
