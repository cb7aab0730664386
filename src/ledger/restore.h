// Writing a ledger from a snapshot, into a folder that appears only once everything in it has been
// verified. docs/decisions/0008-snapshots.md says what a crash at each step leaves.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crypto/random.h"
#include "immudb/bytes.h"
#include "immudb/inspection.h"
#include "immudb/result.h"
#include "io/file_system.h"
#include "ledger/snapshot_manifest.h"

namespace immudb::ledger {

// One restoration. Not thread-safe.
class Restoration {
 public:
  // Looks at the manifest before anything is written: a signature, a root that is known from
  // elsewhere, the name. An error refuses the snapshot.
  using CheckManifest = std::function<Status(const SnapshotManifest& manifest)>;

  // Into the folder `directory`, which must not exist; its parent must. Until the end the ledger
  // lies in `directory`.restoring; what is there of an earlier restoration is removed.
  // All must outlive it. Errors: kExists, kDenied, kIo.
  static Result<std::unique_ptr<Restoration>> Begin(io::FileSystem& files,
                                                    crypto::RandomSource& random,
                                                    std::string directory, CheckManifest check);

  // Takes the next bytes of the snapshot. Errors: kCorrupted (no snapshot, or more bytes than it
  // says); kUnsupported (a newer format); of `check`; kExhausted, kIo. It is then of no further
  // use, and `directory` does not exist.
  Status Write(BytesView bytes);

  // Asks for one more root on the way to the manifest's: Finish fails with kCorrupted without it.
  void Require(RecordedRoot root) { required_.push_back(std::move(root)); }

  // Makes everything durable, reads it again from its first byte, computes every leaf and the root,
  // and only then gives the folder its name, durably.
  // Errors: kCorrupted if the snapshot is not whole, or its entries have another root; kExhausted,
  // kIo. `directory` does not exist then, but after kIo it may, and is then whole.
  Result<SnapshotManifest> Finish();

 private:
  Restoration(io::FileSystem& files, crypto::RandomSource& random, std::string directory,
              CheckManifest check);

  // Takes from the front of `bytes` what belongs to the manifest.
  Status TakeManifest(BytesView& bytes);
  Status CreateFolder();
  Status VerifyFolder() const;

  io::FileSystem& files_;
  crypto::RandomSource& random_;
  const std::string directory_;
  const std::string unfinished_;
  const CheckManifest check_;
  std::vector<RecordedRoot> required_;

  Bytes head_;  // Of the snapshot, as long as its manifest is not whole.
  std::optional<SnapshotManifest> manifest_;
  std::unique_ptr<io::File> segment_;
  std::uint64_t written_bytes_ = 0;  // Of the log.
};

}  // namespace immudb::ledger
