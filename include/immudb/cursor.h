// Long answers, read in pieces: the keys of a range, the members of a set, the versions of a key,
// the entries of a ledger in their order.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

// How much one Read of a cursor may do. The piece ends with the row that reaches a limit.
struct ReadLimit {
  std::uint64_t rows = 256;        // Stored rows looked at, whether they give an item or not.
  std::uint64_t bytes = 1u << 20;  // Of keys and values in the items.
};

// Yields the items of one answer, all of the same published size, however long it is kept. A cursor
// pins memory and files: it should not be kept for long, and must not outlive its ledger.
//
// Not thread-safe; may move between threads.
template <typename Item>
class Cursor {
 public:
  virtual ~Cursor() = default;

  // Appends the next items to `items`, possibly none; returns whether there may be more.
  // Errors: kNotFound where the answer as a whole has to fail (a reference whose entry is gone);
  // kCorrupted, kIo. The cursor is then of no further use.
  virtual Result<bool> Read(const ReadLimit& limit, std::vector<Item>& items) = 0;
};

enum class ScanOrder : std::uint8_t { kForward, kReverse };

// A scan of keys. Where it starts follows immudb 0.8.1 exactly, since clients page by it: see
// docs/compatibility.md. An item count of a page is the reader's to keep: a cursor yields all.
struct KeyRange {
  Bytes prefix{};
  Bytes after{};  // The last key of the page before; empty at the first page.
  ScanOrder order = ScanOrder::kForward;
  bool follow_references = false;  // Yield what references point to; otherwise leave them out.
  bool with_values = true;         // Without, values are empty and the log is not read.
};

// A scan of a sorted set, in the byte order of its stored keys: 0 and positive scores up, then -0
// and negative scores down.
struct SortedSetRange {
  Bytes set{};
  Bytes after{};  // `stored_key` of the last item of the page before; empty at the first page.
  ScanOrder order = ScanOrder::kForward;
  std::optional<double> min_score{};  // Both inclusive.
  std::optional<double> max_score{};
};

struct SortedSetItem {
  Entry entry;  // What the member points to.
  double score = 0;
  Bytes stored_key{};  // Of the member itself.
  LeafIndex index;     // Of the member itself.
};

struct HistoryRange {
  Bytes key{};
  ScanOrder order = ScanOrder::kForward;  // kForward: newest first, as immudb 0.8.1 names it.
  std::optional<LeafIndex> after{};       // Exclusive; the last item of the page before.
};

// An entry as it lies in the log.
struct LoggedEntry {
  Entry entry;
  bool ends_batch = false;
};

// A version of a key, as it is stored, with the index of the last entry that was committed with it.
struct StoredVersion {
  Entry entry;
  LeafIndex last_of_batch;
};

}  // namespace immudb
