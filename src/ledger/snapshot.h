// A snapshot: a copy of a ledger at one size, as one sequence of bytes, taken while writers go on.
//
// It is a manifest (snapshot_manifest.h) and, behind it, the log up to that size as it lies,
// without the headers of its segments. Everything else is made from the log.
// docs/formats/snapshot.md has the layout, docs/decisions/0008-snapshots.md the reasons.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"
#include "ledger/snapshot_manifest.h"
#include "log/log_copy.h"

namespace immudb::ledger {

// Reads a snapshot from a ledger's files. Not thread-safe.
class SnapshotSource {
 public:
  // Of the ledger in `directory`, at `head`, a state that it has published; the root is the
  // caller's word. `files` must outlive it.
  // Errors: kCorrupted (the log does not lead there), kNotFound, kUnsupported, kIo.
  static Result<std::unique_ptr<SnapshotSource>> Open(io::FileSystem& files,
                                                      const std::string& directory,
                                                      const TreeHead& head, std::int64_t taken_us);

  const SnapshotManifest& manifest() const { return manifest_; }
  // Adds a signature of the head. Requires: nothing was read.
  void Sign(Bytes public_key, Bytes signature);

  // The next bytes of the snapshot, at most `bytes_max`; none at its end. The manifest comes first
  // and by itself. Requires: bytes_max >= kSnapshotManifestBytesMax.
  // Errors: kCorrupted (the log became shorter), kIo.
  Result<Bytes> Read(std::size_t bytes_max);

 private:
  SnapshotSource(std::unique_ptr<log::LogCopy> log, SnapshotManifest manifest)
      : log_(std::move(log)), manifest_(std::move(manifest)) {}

  const std::unique_ptr<log::LogCopy> log_;
  SnapshotManifest manifest_;
  bool has_begun_ = false;
  log::LogPosition position_;
};

}  // namespace immudb::ledger
