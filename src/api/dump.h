// The messages of one Dump: every entry of a database in the order of the indexes, each with its
// leaf, then the nodes of the tree above, then a record of the tree's size. As records of the
// storage engine of 0.8.1, which its tools keep in files:
//
//   entry       key: its key                             value: index + 1 (8 bytes), its value
//   leaf, node  key: 0x00, layer, index (8 bytes)        value: hash; of a leaf, then its entry's
//   key size        key: IMMUDB.METADATA.LAST_FLUSHED_LEAF   value: size (8 bytes)
//
// Between messages the dump holds no memory and pins nothing.

#pragma once

#include "api/pooled_stream.h"
#include "catalog/database_table.h"

namespace immudb::api {

// The turns of the dump of what `ledger` has published by now.
PooledStream::TakeTurn DumpTurns(catalog::LedgerHandle ledger);

}  // namespace immudb::api
