// The newest root of a database that was signed, kept beside its ledger: a key that signs must
// never sign a second root for one size, nor a smaller size. docs/formats/signed-root.md has the
// format.

#pragma once

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::catalog {

Bytes EncodeSignedRoot(const TreeHead& head);

// Errors: kCorrupted if any byte contradicts the checksum or the format; kUnsupported for a newer
// version.
Result<TreeHead> DecodeSignedRoot(BytesView bytes);

}  // namespace immudb::catalog
