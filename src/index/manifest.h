// The manifest of a ledger: what its last checkpoint made durable.
//
// Layout and rules: docs/formats/manifest.md. This is the encoding only: when to write it, and what
// to trust after a crash, is the ledger's.

#pragma once

#include <cstdint>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "index/run_format.h"

namespace immudb::index {

// Larger files are no manifests; the bound is checked before anything is allocated.
inline constexpr std::uint64_t kManifestBytesMax = std::uint64_t{1} << 20;

struct Manifest {
  static constexpr std::uint64_t kKeysUnknown = ~std::uint64_t{0};

  LedgerId ledger{};
  // The state that the derived files hold: every entry below checkpoint.size.
  TreeHead checkpoint;
  // The log's position at that size, a record boundary.
  std::uint64_t log_position = 0;
  // The record boundary, at or below it, from which the ragged edges of tree and offsets are
  // computed again, and the index of its first entry.
  std::uint64_t edge_position = 0;
  LeafIndex edge_index;
  // The log was durable up to this position, at or above log_position.
  std::uint64_t log_durable_end = 0;
  // Time of the last record below log_position; 0 if there is none.
  std::int64_t last_time_us = 0;
  // Different keys below the checkpoint.
  std::uint64_t keys = kKeysUnknown;
  // Of the index, oldest first. They cover [0, checkpoint.size) without gap or overlap.
  std::vector<RunInfo> runs;

  bool operator==(const Manifest&) const = default;
};

// Requires: a manifest that DecodeManifest would accept, but for the number of runs.
// Errors: kLimitExceeded if there are more than kManifestRunsMax of them.
Result<Bytes> EncodeManifest(const Manifest& manifest);

inline constexpr std::size_t kManifestRunsMax = 4096;

// Decodes the manifest of `ledger`.
// Errors: kUnsupported for a version or feature this build does not know; kCorrupted for every
// change of a byte, and for a manifest of another ledger or one that contradicts itself.
Result<Manifest> DecodeManifest(BytesView bytes, const LedgerId& ledger);

}  // namespace immudb::index
