// What a backup is expected to hold, from somewhere else than the backup: the roots that `--expect`
// names, and the key that its snapshots are signed with.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "ledger/snapshot_manifest.h"

namespace immudb::backup {

struct ExpectedState {
  std::string database;  // Empty: none was named.
  Digest root{};
  std::optional<TreeSize> size;  // Nothing: that of the snapshot.
};

// Reads `ROOT`, `ROOT@SIZE`, `NAME=ROOT` or `NAME=ROOT@SIZE`, several separated by commas: ROOT is
// 64 hexadecimal digits, SIZE a number of entries from 1 on. An empty text expects nothing.
// Errors: kInvalidArgument, naming the part that is none.
Result<std::vector<ExpectedState>> ParseExpectedStates(std::string_view text);

// Checks that the key that is pinned, by its point or by the point's SHA-256, has signed the
// snapshot. Errors: kTampered.
Status CheckSigned(const ledger::SnapshotManifest& manifest, BytesView pinned_key);

}  // namespace immudb::backup
