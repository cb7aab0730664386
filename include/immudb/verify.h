// Checking what a ledger answers, without trusting it. Pure functions: no storage, no network.
//
// A client keeps the newest tree head it has verified. It accepts an answer if the entry hashes to
// the proven leaf, the leaf is in the tree of the answer, and that tree begins with the one the
// client kept; the tree of the answer is then the one to keep. docs/proofs.md says what this shows
// and what it does not.

#pragma once

#include <optional>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

// Returns the leaf hash of an entry:
//
//   SHA-256(0x00 || index || length of key || key || value)
//
// with the numbers as eight bytes, the highest first. The index is part of it, so that the same
// entry at two places has two leaves; the length keeps a byte from moving between key and value.
// `key` and `value` are as stored: for references and sorted-set entries see docs/proofs.md.
// Source: immudb 0.8.1.
Digest EntryDigest(LeafIndex index, BytesView key, BytesView value);

// Checks that `proof.leaf` is the leaf `proof.index` of the tree `proof.head`.
// Errors: kTampered.
Status VerifyInclusion(const InclusionProof& proof);

// Checks that the tree `proof.newer` begins with the tree `older`, whose size must be
// `proof.older`. Two trees of one size must have one root, and nothing is consistent with an empty
// tree.
// Errors: kTampered.
Status VerifyConsistency(const TreeHead& older, const ConsistencyProof& proof);

// Checks a whole answer: that the entry `key`, `value`, `index` is in the tree
// `proof.inclusion.head`, and that this tree begins with `trusted`. Without a trusted head, or with
// that of an empty ledger, the latter is not checked: trust on first use.
// Errors: kTampered, also if the tree is smaller than the trusted one.
Status VerifyEntry(LeafIndex index, BytesView key, BytesView value, const EntryProof& proof,
                   const std::optional<TreeHead>& trusted);

}  // namespace immudb
