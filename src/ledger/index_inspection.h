// Checking the runs of a key index by themselves: that each is sorted, that every key is found
// through its filter and fences, and what it holds, as a sum to be compared with the log's.

#pragma once

#include <string>
#include <vector>

#include "immudb/result.h"
#include "index/manifest.h"
#include "index/run.h"
#include "io/block_cache.h"
#include "io/file_system.h"
#include "ledger/findings.h"
#include "ledger/version_sum.h"

namespace immudb::ledger {

struct InspectedRun {
  index::RunInfo info;
  VersionSum sum;
};

// Not thread-safe.
class IndexInspection {
 public:
  // Of the ledger whose runs lie in `directory`. All must outlive it.
  IndexInspection(io::FileSystem& files, std::string directory, const VersionHasher& hasher,
                  Findings& findings)
      : files_(files), directory_(std::move(directory)), hasher_(hasher), findings_(findings) {}

  // Inspects the runs that `manifest` names, but for those it has inspected. What is wrong with a
  // run is a finding, and the run is left out then.
  // Errors: kNotFound if a run is not there: if the ledger is open, runs may have been merged, and
  // another manifest names others; kUnsupported, kDenied, kIo, those of the file system.
  Status Inspect(const index::Manifest& manifest);

  // A run that is not there, whatever manifest is read.
  void NoteMissing(const std::string& text) { findings_.Add(InspectedPart::kIndex, text); }

  // Those of `manifest` that were found in order.
  std::vector<InspectedRun> RunsOf(const index::Manifest& manifest) const;

  std::uint64_t versions() const { return versions_; }

 private:
  // Whether the run is in order; fills in its sum.
  Result<bool> InspectRun(const index::Manifest& manifest, InspectedRun& run);
  Status Walk(const index::Run& run, std::uint64_t hash_seed, VersionSum& sum);
  // Checks the version `cursor` is at. `previous` is the key of the one before, if `has_previous`.
  Status CheckVersion(const index::Run& run, const index::Position& at, std::uint8_t kind,
                      std::uint64_t hash_seed);

  io::FileSystem& files_;
  const std::string directory_;
  const VersionHasher& hasher_;
  Findings& findings_;
  // Of its own, so that readers of an open ledger lose no block to it. The filter of a run is read
  // in no order: this holds that of 20 M keys, and grows only as far as there are blocks.
  io::BlockCache cache_{32u << 20};
  std::vector<index::RunInfo> seen_;
  std::vector<InspectedRun> in_order_;
  std::uint64_t versions_ = 0;

  // Of the run that is being walked over.
  bool has_previous_ = false;
  Bytes previous_key_;
  std::uint64_t previous_index_ = 0;
  std::uint64_t keys_ = 0;
};

}  // namespace immudb::ledger
