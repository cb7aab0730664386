#include "ledger/prefix_walk.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace immudb::ledger {

Status PrefixWalk::Settle(Status moved) {
  valid_ = false;
  IMMUDB_TRY(reader_.FromDerived(std::move(moved)));
  if (!cursor_.valid()) return {};
  const BytesView key = cursor_.key();
  const Bytes& prefix = range_.prefix;
  valid_ = key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
  return {};
}

Status PrefixWalk::Start() {
  const Bytes* start = &range_.prefix;
  if (!range_.start.empty()) start = &range_.start;
  if (!range_.after.empty()) start = &range_.after;
  if (range_.order == ScanOrder::kForward) {
    IMMUDB_TRY(Settle(cursor_.Seek(*start)));
  } else {
    Bytes last = *start;
    last.push_back(0xff);
    IMMUDB_TRY(Settle(cursor_.SeekForPrev(last)));
  }
  if (valid_ && !range_.after.empty()) return Next();
  return {};
}

Status PrefixWalk::Next() {
  return Settle(range_.order == ScanOrder::kForward ? cursor_.Next() : cursor_.Prev());
}

Status PrefixWalk::SkipTo(BytesView prefix) {
  if (range_.order == ScanOrder::kForward) return Settle(cursor_.Seek(prefix));
  // All that begins with the prefix is before the next string that is not longer.
  Bytes beyond(prefix.begin(), prefix.end());
  while (!beyond.empty() && beyond.back() == 0xff) beyond.pop_back();
  IMMUDB_CHECK(!beyond.empty());
  beyond.back()++;
  return Settle(cursor_.SeekBefore(beyond));
}

}  // namespace immudb::ledger
