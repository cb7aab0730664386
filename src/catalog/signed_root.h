// The newest root of a database that was signed, kept beside its ledger: a key that signs must
// never sign a second root for one size, nor a smaller size. docs/formats/signed-root.md has the
// format.

#pragma once

#include <optional>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"

namespace immudb::catalog {

Bytes EncodeSignedRoot(const TreeHead& head);

// Errors: kCorrupted if any byte contradicts the checksum or the format; kUnsupported for a newer
// version.
Result<TreeHead> DecodeSignedRoot(BytesView bytes);

// The root kept in the folder of a ledger, if one was signed.
// Errors: those of DecodeSignedRoot and io::ReadFile.
Result<std::optional<TreeHead>> ReadSignedRoot(io::FileSystem& files, const std::string& folder);

// Errors: those of io::ReplaceFile.
Status StoreSignedRoot(io::FileSystem& files, const std::string& folder, const TreeHead& head);

}  // namespace immudb::catalog
