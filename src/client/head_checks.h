// Checks of tree heads beyond those of a single answer (immudb/verify.h). Pure functions.

#pragma once

#include "immudb/bytes.h"
#include "immudb/client_types.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::client {

// Returns the root of the tree that ends with the proven entry: the left siblings on the way from a
// leaf to the root are all that stands before it, and the same in every tree that holds it.
// Requires: VerifyInclusion(proof) holds.
Digest RootUpTo(const InclusionProof& proof);

// Checks that the trees `older` and `newer` belong to one history, by one answer: `proof` is of the
// last entry of `older`, and its tree is proven to continue `newer`. So both are beginnings of that
// tree, whatever was appended meanwhile.
// Requires: 0 < older.size < newer.size.
// Errors: kTampered.
Status VerifyLink(const TreeHead& older, const TreeHead& newer, const EntryProof& proof);

// Checks that the key that is pinned, by its point or by the point's SHA-256, has signed the head.
// Errors: kTampered.
Status VerifySignedHead(const SignedHead& head, BytesView pinned_key);

}  // namespace immudb::client
