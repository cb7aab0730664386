// Reading entries of a ledger by index and by key, and what references point to.

#pragma once

#include "immudb/ledger.h"
#include "index/version.h"
#include "io/file_system.h"
#include "ledger/storage.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {

// `index not found`, as every call that is given an unknown index answers.
Error IndexNotFound();

// Thread-safe. Damage that a read meets is noted before its error is passed on: of entries, for the
// ledger then refuses writes and proofs; of derived files, for the next opening rebuilds them.
class Reader {
 public:
  // Both must outlive it.
  Reader(io::FileSystem& files, Storage& storage) : files_(files), storage_(storage) {}

  const Storage& storage() const { return storage_; }

  // The entry at `index`. Requires: it is published. Errors: kCorrupted, kIo.
  Result<Entry> Read(LeafIndex index) const;
  Result<log::StoredEntry> ReadFromLog(LeafIndex index) const;

  // Read, checking that the tree was built from just this entry, unless the ledger is damaged.
  Result<Entry> ReadChecked(LeafIndex index) const;

  // The newest version of `key` among the first `size` entries. Errors: kNotFound `Key not found`;
  // kCorrupted, kIo.
  Result<index::Version> FindVersion(BytesView key, TreeSize size) const;

  // The entry that FindVersion finds, as it is stored. Errors: as FindVersion.
  Result<Entry> Find(BytesView key, TreeSize size) const;

  // Which entry `target` means among the first `size`: the one with its index if it has one, else
  // the newest of its key. Errors: kNotFound `index not found`, `Key not found`; kCorrupted, kIo.
  Result<LeafIndex> FindTarget(const proof::TargetView& target, TreeSize size) const;

  // That entry, as it is stored. Errors: as FindTarget.
  Result<Entry> Resolve(const proof::TargetView& target, TreeSize size) const;

  // Checks that `entry_key`, of the entry that the index names for `key`, is that key.
  // Errors: kCorrupted.
  Status CheckNamed(BytesView key, LeafIndex index, BytesView entry_key) const;

  // Pass `error` on; if it tells of damage, of entries or of derived files, they note that first.
  Error NoticedInEntries(Error error) const;
  Error NoticedInDerived(Error error) const;

  // `result`, read from a derived file, its error noticed.
  template <typename T>
  Result<T> FromDerived(Result<T> result) const {
    if (result) return result;
    return NoticedInDerived(std::move(result).error());
  }

 private:
  io::FileSystem& files_;
  Storage& storage_;
};

}  // namespace immudb::ledger
