// Whether a ledger on the disk is what it was: what a reading of all its files found.
//
// An inspection reads every record of the log, computes every leaf and node again, and compares
// them with the tree, the offsets, the index and every root that was recorded anywhere. It changes
// nothing. docs/durability.md says what it finds and what it cannot find.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

enum class InspectedPart : std::uint8_t {
  // Of what was acknowledged, and cannot be made again:
  kMeta,
  kLog,
  kRoot,        // The entries have another root than one that was recorded.
  kDamageMark,  // The ledger was found damaged before, and is marked.
  // Derived, and made again when the ledger is opened:
  kManifest,
  kTree,
  kOffsets,
  kIndex,
  kRebuildMark,  // Derived files were found damaged before, and are marked.
};

// "log", "damage mark": as people call it.
std::string_view NameOf(InspectedPart part);

// Whether entries are concerned, so that the ledger must be restored from a backup; derived files
// are only rebuilt.
bool IsDamage(InspectedPart part);

struct Finding {
  InspectedPart part = InspectedPart::kLog;
  std::string text;                // For people: what contradicts what, and where.
  std::optional<LeafIndex> entry;  // The first one concerned, if it is known.
};

// A root that the ledger must have at its size, and who says so.
struct RecordedRoot {
  TreeHead head;
  std::string recorder;  // "the manifest", "the signed root".
};

struct InspectionReport {
  // Of all entries that were read. The root means nothing if there is damage.
  TreeHead head;
  std::string origin;
  std::uint64_t records = 0;
  std::uint64_t log_bytes = 0;
  std::uint64_t read_bytes = 0;            // Of all files.
  TreeSize compared_size;                  // Up to there with derived files.
  std::uint64_t index_versions = 0;        // Found in the index and compared.
  std::vector<RecordedRoot> agreed_roots;  // Those the entries were found to have.
  std::uint64_t finding_count = 0;
  std::vector<Finding> findings;   // The first of them; the log's and roots' before derived ones.
  std::vector<std::string> notes;  // What is worth knowing and no fault.

  bool is_whole() const { return finding_count == 0; }
  // Whether any of the findings is damage.
  bool is_damaged() const;
};

// Watches an inspection while it goes on, and decides how fast that is. Called by one thread.
class InspectionObserver {
 public:
  virtual ~InspectionObserver() = default;

  // So many bytes more were read; it may wait. An error ends the inspection with it.
  virtual Status AfterRead(std::uint64_t bytes) = 0;

  // So many entries more were read and compared.
  virtual void AfterEntries(std::uint64_t count) = 0;
};

}  // namespace immudb
