// The replies that carry entries, roots and proofs, encoded straight from what the ledger gives.
// Field numbers: proto/schema.proto.

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/ledger.h"
#include "immudb/tree.h"

namespace immudb::api {

// How the value of an item is written: a plain value is left out if empty, as any default; a
// structured one is a message, which is there even if empty.
enum class ValueForm : std::uint8_t { kPlain, kStructured };

Bytes EncodeIndex(LeafIndex index);                              // Index
Bytes EncodeItem(const Entry& entry, ValueForm form);            // Item, StructuredItem
Bytes EncodeProof(const EntryProof& proof);                      // Proof
Bytes EncodeSafeItem(const ProvenEntry& entry, ValueForm form);  // SafeItem, SafeStructuredItem
Bytes EncodeRoot(const TreeHead& head);                          // Root, unsigned
Bytes EncodeInclusion(const InclusionProof& proof);              // InclusionProof
Bytes EncodeConsistency(const ConsistencyProof& proof);          // ConsistencyProof

// Adds `entry` to an encoded ItemList or StructuredItemList.
void AppendListItem(Bytes& list, const Entry& entry, ValueForm form);

// What 0.8.1 answers to Consistency while there are no entries.
Bytes EncodeEmptyConsistency(LeafIndex asked, const TreeHead& empty);

}  // namespace immudb::api
