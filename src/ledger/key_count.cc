#include "ledger/key_count.h"

#include <utility>

#include "base/error.h"

namespace immudb::ledger {
namespace {

// Looking at an entry costs about so many times as much as passing a key in a merge.
constexpr std::uint64_t kEntryCost = 10;

}  // namespace

KeyCount::KeyCount(const Reader& reader, TreeSize size, KnownKeyCount& known)
    : reader_(reader), size_(size), known_(known), window_(reader) {
  const KnownKeyCount::Count newest = known.newest();
  // A count of a later size may be there already: of no use for this one.
  const bool go_on =
      newest.size <= size && (size.value - newest.size.value) * kEntryCost <= size.value;
  if (go_on) {
    keys_ = newest.keys;
    next_ = newest.size.value;
  } else {
    all_keys_.emplace(reader.storage().index->Scan(size));
  }
}

Result<bool> KeyCount::CountNextKey() {
  if (std::exchange(started_, true)) {
    IMMUDB_TRY(reader_.FromDerived(all_keys_->Next()));
  } else {
    IMMUDB_TRY(reader_.FromDerived(all_keys_->SeekToFirst()));
  }
  if (!all_keys_->valid()) return false;
  keys_++;
  return true;
}

Result<bool> KeyCount::CountNextEntry() {
  if (next_ == size_.value) return false;
  IMMUDB_ASSIGN(const log::EntryView entry, window_.Read({next_}));
  IMMUDB_ASSIGN(const auto before,
                reader_.FromDerived(reader_.storage().index->Find(entry.key, {next_})));
  if (!before) keys_++;
  next_++;
  return true;
}

Result<bool> KeyCount::Read(const ReadLimit& limit, std::vector<std::uint64_t>& items) {
  for (std::uint64_t rows = 0; rows < limit.rows; rows++) {
    IMMUDB_ASSIGN(const bool counted, all_keys_ ? CountNextKey() : CountNextEntry());
    if (counted) continue;
    known_.Note({.size = size_, .keys = keys_});
    items.push_back(keys_);
    return false;
  }
  return true;
}

}  // namespace immudb::ledger
