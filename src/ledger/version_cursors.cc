#include "ledger/version_cursors.h"

#include <utility>

#include "base/error.h"

namespace immudb::ledger {
namespace {

// Beyond so many remembered batches all are forgotten.
constexpr std::size_t kBatchEndsMax = 64u << 10;

Entry CopyEntry(const log::EntryView& entry, LeafIndex index) {
  return {.key = {entry.key.begin(), entry.key.end()},
          .value = {entry.value.begin(), entry.value.end()},
          .index = index,
          .kind = entry.kind};
}

std::uint64_t BytesOf(const Entry& entry) {
  return entry.key.size() + entry.value.size();
}

}  // namespace

HistoryCursor::HistoryCursor(const Reader& reader, TreeSize size, HistoryRange range)
    : reader_(reader), key_(std::move(range.key)), window_(reader) {
  const bool newest_first = range.order == ScanOrder::kForward;
  LeafIndex from{newest_first ? ~std::uint64_t{0} : 0};
  if (range.after) {
    const std::uint64_t last = newest_first ? 0 : ~std::uint64_t{0};
    if (range.after->value == last) return;
    from.value = newest_first ? range.after->value - 1 : range.after->value + 1;
  }
  versions_.emplace(reader.storage().index->Versions(
      key_, from,
      newest_first ? index::VersionOrder::kNewestFirst : index::VersionOrder::kOldestFirst, size));
}

Result<bool> HistoryCursor::Read(const ReadLimit& limit, std::vector<Entry>& items) {
  if (!versions_) return false;
  std::uint64_t bytes = 0;
  for (std::uint64_t rows = 0; rows < limit.rows && bytes < limit.bytes; rows++) {
    IMMUDB_ASSIGN(const auto version, reader_.FromDerived(versions_->Next()));
    if (!version) return false;
    IMMUDB_ASSIGN(const log::EntryView stored, window_.Read(version->index));
    IMMUDB_TRY(reader_.CheckNamed(key_, version->index, stored.key));
    items.push_back(CopyEntry(stored, version->index));
    bytes += BytesOf(items.back());
  }
  return true;
}

VersionCount::VersionCount(const Reader& reader, TreeSize size, BytesView key)
    : reader_(reader),
      versions_(
          reader.storage().index->Versions(key, {}, index::VersionOrder::kOldestFirst, size)) {}

Result<bool> VersionCount::Read(const ReadLimit& limit, std::vector<std::uint64_t>& items) {
  for (std::uint64_t rows = 0; rows < limit.rows; rows++) {
    IMMUDB_ASSIGN(const auto version, reader_.FromDerived(versions_.Next()));
    if (!version) {
      items.push_back(count_);
      return false;
    }
    count_++;
  }
  return true;
}

Result<LeafIndex> BatchEnds::Find(LeafIndex index) {
  const auto after = ends_.upper_bound(index.value);
  if (after != ends_.begin()) {
    const auto& [first, last] = *std::prev(after);
    if (index.value <= last) return LeafIndex{last};
  }
  std::uint64_t at = index.value + 1;
  std::uint64_t last = 0;
  for (;; at++) {
    if (after != ends_.end() && at == after->first) {
      last = after->second;
      break;
    }
    IMMUDB_ASSIGN(const log::EntryView entry, window_.Read({at}));
    if (!entry.last_of_batch) continue;
    last = at;
    break;
  }
  if (ends_.size() >= kBatchEndsMax) ends_.clear();
  ends_[index.value] = last;
  return LeafIndex{last};
}

Result<StoredVersion> AllVersionsReader::Present() {
  const index::Version version = versions_.version();
  IMMUDB_ASSIGN(const log::EntryView stored, window_.Read(version.index));
  IMMUDB_TRY(reader_.CheckNamed(versions_.key(), version.index, stored.key));
  LeafIndex last = version.index;
  if (!stored.last_of_batch) {
    IMMUDB_ASSIGN(last, batch_ends_.Find(version.index));
  }
  return StoredVersion{.entry = CopyEntry(stored, version.index), .last_of_batch = last};
}

Result<bool> AllVersionsReader::Read(const ReadLimit& limit, std::vector<StoredVersion>& items) {
  if (!std::exchange(started_, true)) IMMUDB_TRY(reader_.FromDerived(versions_.SeekToFirst()));
  std::uint64_t bytes = 0;
  for (std::uint64_t rows = 0; versions_.valid() && rows < limit.rows && bytes < limit.bytes;
       rows++) {
    IMMUDB_ASSIGN(StoredVersion version, Present());
    bytes += BytesOf(version.entry);
    items.push_back(std::move(version));
    IMMUDB_TRY(reader_.FromDerived(versions_.Next()));
  }
  return versions_.valid();
}

Result<bool> EntriesReader::Read(const ReadLimit& limit, std::vector<LoggedEntry>& items) {
  std::uint64_t bytes = 0;
  for (std::uint64_t rows = 0; next_ < size_ && rows < limit.rows && bytes < limit.bytes; rows++) {
    IMMUDB_ASSIGN(const log::EntryView stored, window_.Read({next_}));
    items.push_back({.entry = CopyEntry(stored, {next_}), .ends_batch = stored.last_of_batch});
    bytes += BytesOf(items.back().entry);
    next_++;
  }
  return next_ < size_;
}

}  // namespace immudb::ledger
