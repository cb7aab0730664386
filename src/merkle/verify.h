// What a proof must satisfy. Pure functions, with no storage and no network behind them.
//
// Every path has exactly one length for given sizes; longer and shorter ones are refused, as is
// anything about an empty tree. A path shows what a root contains. It does not show that the root
// is the one it should be, nor, by itself, the size of that tree: see docs/proofs.md.

#pragma once

#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::merkle {

// Checks that `proof.leaf` is the leaf `proof.index` of the tree `proof.head`.
// Errors: kTampered.
// Source: RFC 9162 section 2.1.3.2.
Status VerifyInclusion(const InclusionProof& proof);

// Checks that the tree `proof.newer` begins with the leaves of the tree `older`, whose size must be
// `proof.older`. Trees of one size are consistent if their roots are equal and the path is empty.
// Errors: kTampered.
// Source: RFC 9162 section 2.1.4.2; equal sizes as immudb 0.8.1.
Status VerifyConsistency(const TreeHead& older, const ConsistencyProof& proof);

}  // namespace immudb::merkle
