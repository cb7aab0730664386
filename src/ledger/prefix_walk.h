// The walk over the stored keys with one prefix that all scans of immudb 0.8.1 make, so that
// clients can page on with what they got:
//
//   start     the last key of the page before; without one, where the caller says or the prefix;
//             backwards, the byte 0xff follows
//   first     forwards, the first key at or after the start; backwards, the last at or before it;
//             on a later page the one next to it, whether or not the start was a key
//   end       at the first key without the prefix, even if that is where the walk begins
//
// Backwards, a page that follows a key which others extend so gets some of those again; see
// docs/compatibility.md.

#pragma once

#include <utility>

#include "immudb/cursor.h"
#include "index/scan.h"
#include "ledger/reader.h"

namespace immudb::ledger {

// Not thread-safe.
class PrefixWalk {
 public:
  struct Range {
    Bytes prefix;
    Bytes start;  // Of the first page; empty: the prefix.
    Bytes after;  // The last key of the page before; empty: this is the first page.
    ScanOrder order = ScanOrder::kForward;
  };

  PrefixWalk(const Reader& reader, TreeSize size, Range range)
      : reader_(reader), range_(std::move(range)), cursor_(reader.storage().index->Scan(size)) {}

  // Goes to where the walk begins. Errors of this and the next two: kCorrupted, kIo.
  Status Start();

  // Requires: valid().
  Status Next();
  // Goes on at the first key, in the order of the walk, that begins with `prefix` or is beyond it.
  // Requires: not all bytes of `prefix` are 0xff.
  Status SkipTo(BytesView prefix);
  void End() { valid_ = false; }

  bool valid() const { return valid_; }
  // Requires: valid(). Borrowed until the next move.
  BytesView key() const { return cursor_.key(); }
  index::Version version() const { return cursor_.version(); }

 private:
  // Settles after a move of the cursor.
  Status Settle(Status moved);

  const Reader& reader_;
  const Range range_;
  index::ScanCursor cursor_;
  bool valid_ = false;
};

}  // namespace immudb::ledger
