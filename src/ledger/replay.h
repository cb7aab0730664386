// Replay: from records of the log to tree, offsets and index, as the pipeline had filled them.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "immudb/tree.h"
#include "ledger/edge.h"
#include "ledger/environment.h"
#include "ledger/storage.h"
#include "log/record.h"
#include "proof/entry_digest.h"

namespace immudb::ledger {

// Takes the records of the log in order and appends to the derived files what they do not hold yet.
// Finds out whether the log still is what it was: every record names the root before it, and
// `expected` is what the newest manifest recorded.
//
// Not thread-safe: recovery is the only user.
class Replay {
 public:
  // `index_from`: the size up to which the index already holds every entry.
  Replay(Storage& storage, const Environment& environment, TreeSize index_from,
         std::optional<TreeHead> expected);

  // The log's visitor. Errors: kExhausted, kIo of derived files. Damage is no error: see damage().
  Status Visit(log::LogPosition position, const log::RecordHeader& header, BytesView body);

  // Requires: every record was visited. Checks what only shows at the end. After damage, the
  // offsets then cover every entry that anything knows of.
  // Errors: those of reading the tree.
  Status Finish(LeafIndex next);

  const EdgeTracker& edge() const { return edge_; }
  // See Storage: every missing entry whose key the index does not know lies below.
  LeafIndex keys_unknown_below() const { return keys_unknown_below_; }
  // What contradicts what, if anything does. The tree then means nothing.
  const std::optional<std::string>& damage() const { return damage_; }

 private:
  void CheckRoot(const log::RecordHeader& header);
  void CheckExpected();
  // After damage: fills the offsets of entries that are missing, so that later ones have their
  // place.
  void FillGap(LeafIndex first);
  void Collect(log::LogPosition position, const log::RecordHeader& header, BytesView body);
  Status LimitMemory();
  void Damage(std::string text);

  Storage& storage_;
  const Environment& environment_;
  const TreeSize index_from_;
  std::optional<TreeHead> expected_;
  const TreeSize expected_size_;
  LeafIndex keys_unknown_below_;
  std::optional<std::string> damage_;
  EdgeTracker edge_;
  std::uint64_t unwritten_bytes_ = 0;
  std::vector<proof::EntryView> to_hash_;
  std::vector<index::NewVersion> versions_;
  std::vector<std::uint64_t> offsets_;
  std::vector<Digest> digests_;
};

}  // namespace immudb::ledger
