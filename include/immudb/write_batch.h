// Entries to be committed together: all of them or none.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "immudb/bytes.h"

namespace immudb {

// Numbers are on disk (docs/formats/log.md).
enum class EntryKind : std::uint8_t {
  kSet = 1,             // A plain value.
  kReference = 2,       // A name for another key.
  kSortedSetEntry = 3,  // A member of a sorted set, with its score.
};

// Collects entries in the form the log stores them, so that committing copies them once.
//
// Not thread-safe. May be moved, and filled again after Clear.
class WriteBatch {
 public:
  // Appends one entry; its index will be one above that of the entry added before it. Checks
  // nothing: the ledger does, when the batch is submitted.
  // Requires: key and value are shorter than 2^32 bytes.
  void Add(EntryKind kind, BytesView key, BytesView value);
  void Set(BytesView key, BytesView value) { Add(EntryKind::kSet, key, value); }

  // Appends a reference or a set entry that points to the entry number `target` of this batch,
  // counted from 0. The index of that one is known only when the batch is committed: the ledger
  // then writes it over the eight bytes before the last one of the value and, in a set entry, of
  // the key.
  // Requires: target < count(); value, and the key of a set entry, are longer than eight bytes.
  void AddLateBound(EntryKind kind, BytesView key, BytesView value, std::uint32_t target);

  void Clear();
  bool empty() const { return count_ == 0; }
  std::uint32_t count() const { return count_; }
  // The entries as docs/formats/log.md frames them, without checksums that depend on the index.
  const Bytes& encoded() const { return encoded_; }
  // Takes the entries out; the batch is then empty.
  Bytes Release();

  // For the ledger: an entry that AddLateBound added.
  struct LateBinding {
    std::uint64_t offset = 0;  // Of the entry, in encoded().
    std::uint32_t target = 0;
  };
  std::vector<LateBinding> TakeLateBindings() { return std::exchange(late_bindings_, {}); }

  // The length of the longest key added, which the framed form cannot show if it is too long.
  std::uint64_t key_bytes_max() const { return key_bytes_max_; }

 private:
  Bytes encoded_;
  std::vector<LateBinding> late_bindings_;
  std::uint32_t count_ = 0;
  std::uint64_t key_bytes_max_ = 0;
};

}  // namespace immudb
