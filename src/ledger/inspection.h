// Inspecting a ledger's files, read only, whether or not somebody has the ledger open; what it
// reports is in immudb/inspection.h.
//
// The derived files are functions of the log, byte for byte in the case of tree and offsets: they
// are made again in memory, page by page, and compared with what lies on the disk. The runs of the
// index are checked by themselves first (order, filters, fences: index_inspection.h), and that they
// hold exactly the log's entries is then known from a sum over both.
//
// Cost: a few MiB of memory, and one record of the log; 0.4 us an entry of 100 bytes and the time
// of the disk.

#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crypto/random.h"
#include "immudb/inspection.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"

namespace immudb::ledger {

// What an inspection works with; all of it must outlive the call.
struct InspectionContext {
  io::FileSystem& files;
  crypto::RandomSource& random;  // For the secret of the sums.
  InspectionObserver& observer;
};

struct InspectionOptions {
  // What the ledger must have, besides what its own manifest says.
  std::vector<RecordedRoot> recorded = {};

  // Of a ledger that is open: how many entries are published now, and their root if it is known.
  // Called once, after the manifest was read. Everything up to there must be on the disk, and what
  // lies beyond is left alone. Null: nobody writes meanwhile, and the log ends as a recovery would
  // find it. An error ends the inspection with it.
  struct Pin {
    TreeSize size;
    std::optional<Digest> root;
  };
  std::function<Result<Pin>()> pin = nullptr;

  // A checkpoint of so many entries was made: a manifest that is not there was lost.
  TreeSize checkpointed = {};

  std::size_t findings_max = 100;  // Of those told one by one.
};

// Inspects the ledger in `directory`. What is wrong with it is a finding and no error.
// Errors: kIo, kDenied (a file cannot be read), kUnsupported (a newer format), kUnavailable (no
// randomness); those of the observer and of the pin.
Result<InspectionReport> InspectLedger(const InspectionContext& context,
                                       const std::string& directory,
                                       const InspectionOptions& options);

}  // namespace immudb::ledger
