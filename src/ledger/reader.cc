#include "ledger/reader.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/error.h"
#include "ledger/damage.h"
#include "proof/entry_digest.h"

namespace immudb::ledger {
namespace {

// Of an entry whose end nothing tells: most are shorter.
constexpr std::size_t kUnknownEntryBytes = 512;

}  // namespace

Error IndexNotFound() {
  return Fail(Code::kNotFound, "index not found");
}

Error Reader::NoticedInDerived(Error error) const {
  if (error.code == Code::kCorrupted) MarkForRebuild(files_, storage_, error.message);
  return error;
}

Error Reader::NoticedInEntries(Error error) const {
  if (error.code == Code::kCorrupted) MarkDamaged(files_, storage_, error.message);
  return error;
}

Result<log::StoredEntry> Reader::ReadFromLog(LeafIndex index) const {
  IMMUDB_ASSIGN(const OffsetStore::Span span,
                FromDerived(storage_.offsets->ReadSpan(index, storage_.Published())));
  return ReadStored(files_, storage_, {span.position}, index,
                    span.bytes_max.value_or(kUnknownEntryBytes));
}

Result<Entry> Reader::Read(LeafIndex index) const {
  IMMUDB_ASSIGN(log::StoredEntry stored, ReadFromLog(index));
  return Entry{.key = std::move(stored.key),
               .value = std::move(stored.value),
               .index = index,
               .kind = stored.kind};
}

Result<Entry> Reader::ReadChecked(LeafIndex index) const {
  IMMUDB_ASSIGN(Entry entry, Read(index));
  if (storage_.damaged.load(std::memory_order_relaxed)) return entry;
  IMMUDB_ASSIGN(const Digest leaf,
                FromDerived(storage_.tree->Read({.level = 0, .index = index.value})));
  if (leaf != proof::EntryDigest(index, entry.key, entry.value)) {
    return NoticedInEntries(Fail(Code::kCorrupted,
                                 "ledger {}: entry {} is not the one the tree was built from",
                                 storage_.directory, index.value));
  }
  return entry;
}

Result<index::Version> Reader::FindVersion(BytesView key, TreeSize size) const {
  IMMUDB_ASSIGN(const std::optional<index::Version> version,
                FromDerived(storage_.index->Find(key, size)));
  IMMUDB_TRY(CheckIsNewest(storage_, version));
  if (!version) return Fail(Code::kNotFound, "Key not found");
  return *version;
}

Status Reader::CheckNamed(BytesView key, LeafIndex index, BytesView entry_key) const {
  if (std::ranges::equal(key, entry_key)) return {};
  return NoticedInDerived(Fail(Code::kCorrupted,
                               "ledger {}: the index names entry {} for another key",
                               storage_.directory, index.value));
}

Result<Entry> Reader::Find(BytesView key, TreeSize size) const {
  IMMUDB_ASSIGN(const index::Version version, FindVersion(key, size));
  IMMUDB_ASSIGN(Entry entry, Read(version.index));
  IMMUDB_TRY(CheckNamed(key, version.index, entry.key));
  return entry;
}

Result<LeafIndex> Reader::FindTarget(const proof::TargetView& target, TreeSize size) const {
  if (target.index) {
    if (target.index->value >= size.value) return IndexNotFound();
    return *target.index;
  }
  IMMUDB_ASSIGN(const index::Version version, FindVersion(target.key, size));
  return version.index;
}

Result<Entry> Reader::Resolve(const proof::TargetView& target, TreeSize size) const {
  IMMUDB_ASSIGN(const LeafIndex index, FindTarget(target, size));
  if (target.index) return ReadChecked(index);
  IMMUDB_ASSIGN(Entry entry, Read(index));
  IMMUDB_TRY(CheckNamed(target.key, index, entry.key));
  return entry;
}

}  // namespace immudb::ledger
