// What a snapshot begins with: which ledger it is of, what state, and how long it is. The layout is
// in docs/formats/snapshot.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "log/meta.h"

namespace immudb::ledger {

struct SnapshotManifest {
  log::Meta meta;               // Of the ledger.
  TreeHead head;                // Its state: every entry below head.size, and their root.
  std::uint64_t log_bytes = 0;  // Of the log, which follow the manifest.
  std::int64_t taken_us = 0;    // Since 1970-01-01 UTC.
  // Of SnapshotStatement, and the key it was made with; empty where roots are not signed.
  Bytes public_key = {};
  Bytes signature = {};

  bool operator==(const SnapshotManifest&) const = default;
};

inline constexpr std::size_t kSnapshotManifestBytesMax = 8192;

// Requires: a meta that EncodeMeta takes, a key and a signature of at most 1 KiB each.
Bytes EncodeSnapshotManifest(const SnapshotManifest& manifest);

// What a server signs of a snapshot: unlike its signature of a bare root, it names the ledger, so
// that no database can pass for another, and the time. Key and signature are no part of it.
std::string SnapshotStatement(const SnapshotManifest& manifest);

// Whether the key in the manifest has signed it. What that is worth depends on whose key it is.
bool HasSoundSignature(const SnapshotManifest& manifest);

// How long the manifest is that `bytes` begins with; nothing if they are too few to tell.
// Errors: kCorrupted if no manifest begins so.
Result<std::optional<std::size_t>> SnapshotManifestBytes(BytesView bytes);

// Errors: kCorrupted for every change of a byte, and for a manifest that contradicts itself;
// kUnsupported for a version or feature this build does not know.
Result<SnapshotManifest> DecodeSnapshotManifest(BytesView bytes);

}  // namespace immudb::ledger
