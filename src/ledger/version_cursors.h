// The cursors behind Ledger::History, CountVersions and AllVersions.

#pragma once

#include <map>
#include <vector>

#include "immudb/cursor.h"
#include "index/scan.h"
#include "ledger/entry_window.h"
#include "ledger/reader.h"

namespace immudb::ledger {

// The versions of one key among the first `size` entries.
class HistoryCursor : public Cursor<Entry> {
 public:
  HistoryCursor(const Reader& reader, TreeSize size, HistoryRange range);
  Result<bool> Read(const ReadLimit& limit, std::vector<Entry>& items) override;

 private:
  const Reader& reader_;
  const Bytes key_;
  std::optional<index::VersionCursor> versions_;  // None: nothing can lie in the range.
  EntryWindow window_;
};

// How many versions of a key there are among the first `size` entries.
class VersionCount : public Cursor<std::uint64_t> {
 public:
  VersionCount(const Reader& reader, TreeSize size, BytesView key);
  Result<bool> Read(const ReadLimit& limit, std::vector<std::uint64_t>& items) override;

 private:
  const Reader& reader_;
  index::VersionCursor versions_;
  std::uint64_t count_ = 0;
};

// Finds out where batches end, and remembers the newest answers: entries asked for in the order of
// their keys belong to the same few batches again and again.
class BatchEnds {
 public:
  explicit BatchEnds(const Reader& reader) : window_(reader) {}

  // Where the batch of the entry `index` ends, which does not end it.
  // Cost: reads the entries from there to its end, or to the next one asked for before.
  Result<LeafIndex> Find(LeafIndex index);

 private:
  EntryWindow window_;
  std::map<std::uint64_t, std::uint64_t> ends_;  // The first entry known of a batch, and its last.
};

// All versions of all keys among the first `size` entries.
class AllVersionsReader : public Cursor<StoredVersion> {
 public:
  AllVersionsReader(const Reader& reader, TreeSize size)
      : reader_(reader),
        versions_(reader.storage().index->AllVersions(size)),
        window_(reader),
        batch_ends_(reader) {}
  Result<bool> Read(const ReadLimit& limit, std::vector<StoredVersion>& items) override;

 private:
  Result<StoredVersion> Present();

  const Reader& reader_;
  index::AllVersionsCursor versions_;
  EntryWindow window_;
  BatchEnds batch_ends_;
  bool started_ = false;
};

// The entries from `first` on, up to the first `size`, in the order of their indexes.
class EntriesReader : public Cursor<LoggedEntry> {
 public:
  EntriesReader(const Reader& reader, LeafIndex first, TreeSize size)
      : next_(first.value), size_(size.value), window_(reader) {}
  Result<bool> Read(const ReadLimit& limit, std::vector<LoggedEntry>& items) override;

 private:
  std::uint64_t next_;
  const std::uint64_t size_;
  EntryWindow window_;
};

}  // namespace immudb::ledger
