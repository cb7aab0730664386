// The cursors behind Ledger::Scan and Ledger::ScanSortedSet.

#pragma once

#include <vector>

#include "immudb/cursor.h"
#include "ledger/entry_window.h"
#include "ledger/prefix_walk.h"
#include "ledger/reader.h"
#include "ledger/score_bounds.h"

namespace immudb::ledger {

// The keys of a range, each with its newest version among the first `size` entries.
class KeyCursor : public Cursor<Entry> {
 public:
  KeyCursor(const Reader& reader, TreeSize size, KeyRange range);
  Result<bool> Read(const ReadLimit& limit, std::vector<Entry>& items) override;

 private:
  // Adds what the walk stands at, if that belongs to the answer.
  Status Add(std::vector<Entry>& items);

  const Reader& reader_;
  const TreeSize size_;
  const bool follow_references_;
  const bool with_values_;
  PrefixWalk walk_;
  EntryWindow window_;
  bool started_ = false;
};

// The members of a set.
class SortedSetCursor : public Cursor<SortedSetItem> {
 public:
  SortedSetCursor(const Reader& reader, TreeSize size, SortedSetRange range);
  Result<bool> Read(const ReadLimit& limit, std::vector<SortedSetItem>& items) override;

 private:
  static PrefixWalk::Range WalkRange(const SortedSetRange& range);

  // Adds the member that the walk stands at, and moves on.
  Status Step(std::vector<SortedSetItem>& items);
  // The member that is stored under the key where the walk stands; none if that is something else.
  Result<std::optional<proof::SetMemberView>> Member();
  // Moves on to scores that lie between the bounds. `bits` are those of the present one.
  Status SkipScores(std::uint64_t bits);
  Result<Entry> Resolve(const proof::TargetView& target);

  const Reader& reader_;
  const TreeSize size_;
  const SortedSetRange range_;
  const ScoreBounds bounds_;
  PrefixWalk walk_;
  EntryWindow members_;
  EntryWindow targets_;
  bool started_ = false;
};

}  // namespace immudb::ledger
