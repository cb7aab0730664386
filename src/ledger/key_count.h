// How many different keys a ledger has: counted by merging, and from there on by looking at what
// was added only.

#pragma once

#include <optional>
#include <vector>

#include "base/mutex.h"
#include "immudb/cursor.h"
#include "index/scan.h"
#include "ledger/entry_window.h"
#include "ledger/reader.h"

namespace immudb::ledger {

// The newest count that was finished. Thread-safe.
class KnownKeyCount {
 public:
  struct Count {
    TreeSize size;
    std::uint64_t keys = 0;
  };

  Count newest() const {
    const MutexLock lock(mutex_);
    return newest_;
  }
  void Note(const Count& count) {
    const MutexLock lock(mutex_);
    if (count.size > newest_.size) newest_ = count;
  }

 private:
  mutable Mutex mutex_;
  Count newest_ IMMUDB_GUARDED_BY(mutex_);
};

// Counts the keys of the first `size` entries. Not thread-safe.
class KeyCount : public Cursor<std::uint64_t> {
 public:
  // `reader` and `known` must outlive it.
  KeyCount(const Reader& reader, TreeSize size, KnownKeyCount& known);
  Result<bool> Read(const ReadLimit& limit, std::vector<std::uint64_t>& items) override;

 private:
  // Look at the next key, or entry; return whether there was one.
  Result<bool> CountNextKey();
  Result<bool> CountNextEntry();

  const Reader& reader_;
  const TreeSize size_;
  KnownKeyCount& known_;
  std::uint64_t keys_ = 0;
  // All keys are walked over, or the entries from next_ on are looked at.
  std::optional<index::ScanCursor> all_keys_;
  bool started_ = false;
  std::uint64_t next_ = 0;
  EntryWindow window_;
};

}  // namespace immudb::ledger
