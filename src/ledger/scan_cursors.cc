#include "ledger/scan_cursors.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"

namespace immudb::ledger {
namespace {

constexpr auto kPlain = static_cast<std::uint8_t>(EntryKind::kSet);
constexpr auto kMember = static_cast<std::uint8_t>(EntryKind::kSortedSetEntry);

Bytes Copy(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

KeyCursor::KeyCursor(const Reader& reader, TreeSize size, KeyRange range)
    : reader_(reader),
      size_(size),
      follow_references_(range.follow_references),
      with_values_(range.with_values),
      walk_(reader, size,
            {.prefix = std::move(range.prefix),
             .start = {},
             .after = std::move(range.after),
             .order = range.order}),
      window_(reader) {}

Status KeyCursor::Add(std::vector<Entry>& items) {
  const index::Version version = walk_.version();
  if (version.kind != kPlain && !follow_references_) return {};
  if (version.kind == kPlain && !with_values_) {
    items.push_back({.key = Copy(walk_.key()), .value = {}, .index = version.index});
    return {};
  }
  IMMUDB_ASSIGN(const log::EntryView stored, window_.Read(version.index));
  IMMUDB_TRY(reader_.CheckNamed(walk_.key(), version.index, stored.key));
  if (version.kind == kPlain) {
    items.push_back({.key = Copy(stored.key), .value = Copy(stored.value), .index = version.index});
    return {};
  }
  IMMUDB_ASSIGN(const proof::TargetView target, proof::DecodeTarget(stored.value));
  IMMUDB_ASSIGN(Entry entry, reader_.Resolve(target, size_));
  if (!with_values_) entry.value.clear();
  items.push_back(std::move(entry));
  return {};
}

Result<bool> KeyCursor::Read(const ReadLimit& limit, std::vector<Entry>& items) {
  if (!std::exchange(started_, true)) IMMUDB_TRY(walk_.Start());
  std::uint64_t bytes = 0;
  for (std::uint64_t rows = 0; walk_.valid() && rows < limit.rows && bytes < limit.bytes; rows++) {
    const std::size_t before = items.size();
    IMMUDB_TRY(Add(items));
    if (items.size() > before) bytes += items.back().key.size() + items.back().value.size();
    IMMUDB_TRY(walk_.Next());
  }
  return walk_.valid();
}

PrefixWalk::Range SortedSetCursor::WalkRange(const SortedSetRange& range) {
  PrefixWalk::Range walk{.prefix = proof::EncodeSetPrefix(range.set),
                         .start = {},
                         .after = range.after,
                         .order = range.order};
  const auto& bound = range.order == ScanOrder::kForward ? range.min_score : range.max_score;
  if (bound) walk.start = proof::EncodeSetScorePrefix(range.set, *bound);
  return walk;
}

SortedSetCursor::SortedSetCursor(const Reader& reader, TreeSize size, SortedSetRange range)
    : reader_(reader),
      size_(size),
      range_(std::move(range)),
      bounds_(range_.min_score, range_.max_score),
      walk_(reader, size, WalkRange(range_)),
      members_(reader),
      targets_(reader) {}

Result<std::optional<proof::SetMemberView>> SortedSetCursor::Member() {
  using Found = std::optional<proof::SetMemberView>;
  if (walk_.version().kind != kMember) return Found();
  const BytesView key = walk_.key();
  const auto member = proof::DecodeSetKey(range_.set, key);
  if (!member) return Found();
  if (proof::IsOfThisSetOnly(range_.set, key)) return Found(*member);
  // Some name or key holds a separator. The value is the target alone.
  IMMUDB_ASSIGN(const log::EntryView stored, members_.Read(walk_.version().index));
  const std::size_t own_bytes =
      proof::EncodeSetScorePrefix(range_.set, member->score).size() + stored.value.size();
  return key.size() == own_bytes ? Found(*member) : Found();
}

Result<Entry> SortedSetCursor::Resolve(const proof::TargetView& target) {
  IMMUDB_ASSIGN(const LeafIndex index, reader_.FindTarget(target, size_));
  IMMUDB_ASSIGN(const log::EntryView stored, targets_.Read(index));
  if (!target.index) IMMUDB_TRY(reader_.CheckNamed(target.key, index, stored.key));
  return Entry{
      .key = Copy(stored.key), .value = Copy(stored.value), .index = index, .kind = stored.kind};
}

Status SortedSetCursor::SkipScores(std::uint64_t bits) {
  const bool forward = range_.order == ScanOrder::kForward;
  const auto next = forward ? bounds_.AtOrAfter(bits) : bounds_.AtOrBefore(bits);
  if (!next) {
    walk_.End();
    return {};
  }
  return walk_.SkipTo(proof::EncodeSetScorePrefix(range_.set, std::bit_cast<double>(*next)));
}

Status SortedSetCursor::Step(std::vector<SortedSetItem>& items) {
  IMMUDB_ASSIGN(const std::optional<proof::SetMemberView> member, Member());
  if (!member) return walk_.Next();
  const std::uint64_t bits = ScoreBits(member->score);
  if (bounds_.AtOrAfter(bits) != bits) return SkipScores(bits);
  IMMUDB_ASSIGN(Entry entry, Resolve(member->target));
  items.push_back({.entry = std::move(entry),
                   .score = member->score,
                   .stored_key = Copy(walk_.key()),
                   .index = walk_.version().index});
  return walk_.Next();
}

Result<bool> SortedSetCursor::Read(const ReadLimit& limit, std::vector<SortedSetItem>& items) {
  if (!std::exchange(started_, true)) IMMUDB_TRY(walk_.Start());
  std::uint64_t bytes = 0;
  for (std::uint64_t rows = 0; walk_.valid() && rows < limit.rows && bytes < limit.bytes; rows++) {
    const std::size_t before = items.size();
    IMMUDB_TRY(Step(items));
    if (items.size() == before) continue;
    const SortedSetItem& item = items.back();
    bytes += item.stored_key.size() + item.entry.key.size() + item.entry.value.size();
  }
  return walk_.valid();
}

}  // namespace immudb::ledger
