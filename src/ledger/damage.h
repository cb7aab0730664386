// Damage in acknowledged entries, remembered over restarts by a marker file in the ledger's folder.
//
// A damaged ledger refuses writes, roots and proofs, for they could only be wrong or prove what is
// not there; entries whose checksums hold can still be read.

#pragma once

#include <string>

#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::ledger {

struct Storage;

// The text of the marker, if there is one. Errors: kIo.
Result<std::string> ReadDamageMarker(io::FileSystem& files, const std::string& directory);

// Marks the ledger as damaged, in memory and on disk; only the first call writes. A marker that
// cannot be written is logged: the damage itself will be found again.
void MarkDamaged(io::FileSystem& files, Storage& storage, const std::string& what);

// Notes, in memory and on disk, that derived files must be rebuilt at the next opening; only the
// first call writes. Entries, and what is acknowledged, are not concerned.
void MarkForRebuild(io::FileSystem& files, Storage& storage, const std::string& what);

// True if MarkForRebuild was called before. Errors: kIo.
Result<bool> RebuildIsMarked(io::FileSystem& files, const std::string& directory);

// Forgets the mark, once the rebuilt files are durable.
Status ClearRebuildMark(io::FileSystem& files, const std::string& directory);

// What a refused call answers.
Error DamagedError(const Storage& storage);

}  // namespace immudb::ledger
