// The replies that carry entries, roots and proofs, encoded straight from what the ledger gives.
// Field numbers: proto/schema.proto.

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/cursor.h"
#include "immudb/digest.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::api {

// How the value of an item is written: a plain value is left out if empty, as any default; a
// structured one is a message, which is there even if empty.
enum class ValueForm : std::uint8_t { kPlain, kStructured };

// Turns the stored value of `entry` into what a call of this form answers.
// Errors: kLimitExceeded with the text of the fault if it is no structured value, as 0.8.0 has it.
Status ToForm(Entry& entry, ValueForm form);

Bytes EncodeIndex(LeafIndex index);                              // Index
Bytes EncodeItem(const Entry& entry, ValueForm form);            // Item, StructuredItem
Bytes EncodeProof(const EntryProof& proof);                      // Proof
Bytes EncodeSafeItem(const ProvenEntry& entry, ValueForm form);  // SafeItem, SafeStructuredItem
Bytes EncodeRootPayload(const TreeHead& head);                   // RootIndex: what is signed
Bytes EncodeRoot(const TreeHead& head);                          // Root, unsigned
Bytes EncodeInclusion(const InclusionProof& proof);              // InclusionProof
Bytes EncodeConsistency(const ConsistencyProof& proof);          // ConsistencyProof

// Root. `public_key` is an uncompressed point.
Bytes EncodeSignedRoot(const TreeHead& head, BytesView signature, BytesView public_key);

// Adds `entry` to an encoded ItemList or StructuredItemList.
void AppendListItem(Bytes& list, const Entry& entry, ValueForm form);

// Adds `item` to an encoded ZItemList; as a structured call, its entry to a StructuredItemList.
void AppendSetItem(Bytes& list, const SortedSetItem& item, ValueForm form);

struct TreeNode {
  Bytes key;
  Digest hash{};
  BytesView leaf_key;  // Of the entry, if the node is a leaf.
  bool is_only_in_memory = false;
  bool is_root = false;
};

// Adds `node` to an encoded Layer.
void AppendTreeNode(Bytes& layer, const TreeNode& node);

Bytes EncodeCount(std::uint64_t count);  // ItemsCount

// What 0.8.1 answers to Consistency while there are no entries.
Bytes EncodeEmptyConsistency(LeafIndex asked, const TreeHead& empty);

}  // namespace immudb::api
