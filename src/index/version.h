// What the index maps keys to.

#pragma once

#include <cstdint>

#include "immudb/bytes.h"
#include "immudb/tree.h"

namespace immudb::index {

// An entry of the ledger, as the index knows it. The kind's meaning is the log's (EntryKind).
struct Version {
  LeafIndex index;
  std::uint8_t kind = 0;
  bool operator==(const Version&) const = default;
};

struct NewVersion {
  BytesView key;
  LeafIndex index;
  std::uint8_t kind = 0;
};

// Whether a reader may wait for the disk.
enum class Access : std::uint8_t {
  kDisk,        // Reads what is not in memory.
  kMemoryOnly,  // Answers kUnavailable instead; for threads that must not wait.
};

}  // namespace immudb::index
