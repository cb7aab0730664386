#include "index/block_search.h"

#include <algorithm>

#include "base/error.h"

namespace immudb::index {
namespace {

// Compares records with one position.
class RecordComparer {
 public:
  RecordComparer(const Run& run, BlockView block, const Position& target, Access access)
      : run_(run),
        block_(block),
        target_(target),
        inline_(target.key.first(std::min(target.key.size(), kInlineKeyBytesMax))),
        access_(access) {}

  BytesView inline_key() const { return inline_; }
  int key_order() const { return key_order_; }

  // The order of a record, relative to the position, whose inline key bytes are all equal to the
  // position's.
  Result<int> CompareRest(const BlockRecord& record) {
    IMMUDB_ASSIGN(key_order_, CompareTail(record));
    return key_order_ != 0 ? key_order_ : CompareIndexes(IndexOf(record), target_.index);
  }

  // The order of a record at a restart point.
  Result<int> CompareRestart(const BlockRecord& record) {
    const int order = CompareKeys(record.suffix, inline_);
    if (order != 0) return order;
    return CompareRest(record);
  }

 private:
  std::uint64_t IndexOf(const BlockRecord& record) const {
    if (block_.type() == BlockType::kEntries) return EntryIndex(run_, record);
    return record.index == 0 ? kBeforeNewest : run_.info().from.value + record.index - 1;
  }

  Result<int> CompareTail(const BlockRecord& record) {
    const BytesView rest = target_.key.subspan(inline_.size());
    if (record.tail_bytes == 0) return rest.empty() ? 0 : -1;
    if (rest.empty()) return 1;
    if (!tail_known_ || record.tail_block != tail_block_ || record.tail_bytes != tail_.size()) {
      tail_.clear();
      IMMUDB_TRY(AppendTail(run_, block_, record, access_, tail_));
      tail_block_ = record.tail_block;
      tail_known_ = true;
    }
    return CompareKeys(tail_, rest);
  }

  const Run& run_;
  const BlockView block_;
  const Position target_;
  const BytesView inline_;  // The part of the position's key that a record holds inline.
  const Access access_;
  int key_order_ = 0;
  Bytes tail_;  // Of the record compared last: versions of a key share it.
  std::uint32_t tail_block_ = 0;
  bool tail_known_ = false;
};

bool IsBefore(int order, Bound bound) {
  return order < 0 || (order == 0 && bound == Bound::kAfter);
}

// Returns the last restart point whose record is before the position, or the first one.
Result<std::size_t> SearchRestarts(RecordComparer& comparer, BlockView view, Bound bound) {
  std::size_t low = 0;
  std::size_t high = view.restarts();
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    IMMUDB_ASSIGN(const int order, comparer.CompareRestart(view.Record(view.restart(middle))));
    (IsBefore(order, bound) ? low : high) = middle;
  }
  return low;
}

}  // namespace

Result<Found> SearchBlock(const Run& run, const io::BlockRef& block, const Position& position,
                          Bound bound, Access access) {
  const BlockView view(*block);
  RecordComparer comparer(run, view, position, access);
  IMMUDB_ASSIGN(const std::size_t restart, SearchRestarts(comparer, view, bound));
  const std::size_t end =
      restart + 1 < view.restarts() ? view.restart(restart + 1) : view.records_end();
  const BytesView target = comparer.inline_key();

  Found found;
  std::size_t common = 0;  // Bytes the record before shares with the position.
  for (std::size_t at = view.restart(restart); at < end;) {
    const BlockRecord record = view.Record(at);
    int order = -1;
    bool same_key = false;
    if (record.shared < common) {
      order = 1;
    } else if (record.shared == common) {
      const BytesView rest = target.subspan(common);
      const std::size_t more = CommonPrefixBytes(record.suffix, rest);
      common += more;
      if (more < record.suffix.size() && more < rest.size()) {
        order = record.suffix[more] < rest[more] ? -1 : 1;
      } else if (more < record.suffix.size()) {
        order = 1;
      } else if (more == rest.size()) {
        IMMUDB_ASSIGN(order, comparer.CompareRest(record));
        same_key = comparer.key_order() == 0;
      }
    }
    if (!IsBefore(order, bound)) {
      found.at = at;
      found.same_key = same_key;
      return found;
    }
    found.before = at;
    at = record.next;
  }
  if (end == view.records_end()) return found;
  found.at = end;
  const BlockRecord next = view.Record(end);
  if (CompareKeys(next.suffix, target) == 0) {
    IMMUDB_TRY(comparer.CompareRest(next));
    found.same_key = comparer.key_order() == 0;
  }
  return found;
}

Status AppendTail(const Run& run, BlockView block, const BlockRecord& record, Access access,
                  Bytes& key) {
  std::uint32_t number = block.number() + 1 + record.tail_block;
  for (std::size_t left = record.tail_bytes; left > 0; number++) {
    IMMUDB_ASSIGN(const io::BlockRef tail, run.Block(number, access));
    if ((*tail)[8] != static_cast<std::uint8_t>(BlockType::kOverflow)) {
      return Fail(Code::kCorrupted, "{}: block {} holds no part of a key", run.path(), number);
    }
    const std::size_t part = std::min(left, kOverflowBytes);
    const auto from = tail->begin() + kBlockHeaderBytes;
    key.insert(key.end(), from, from + static_cast<std::ptrdiff_t>(part));
    left -= part;
  }
  return {};
}

}  // namespace immudb::index
