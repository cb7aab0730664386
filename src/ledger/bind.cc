// From what a caller asks to be stored, references and members of sorted sets, to the batch that
// stores it: every check that needs the ledger's content is made here, before anything is queued.
// Source: the order of checks, and their texts, are those of immudb 0.8.1.

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/error.h"
#include "ledger/key_rules.h"
#include "ledger/ledger_impl.h"
#include "log/framed.h"

namespace immudb::ledger {
namespace {

Error Invalid(const char* text) {
  return Fail(Code::kInvalidArgument, "{}", text);
}

std::string_view AsText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Errors: kInvalidArgument with the text `invalid`, for an empty or a reserved name.
Status CheckName(BytesView name, const char* invalid) {
  if (!CheckKey(name)) return Invalid(invalid);
  return {};
}

Status CheckTargetKey(const Target& target) {
  return target.index ? Status() : CheckKey(target.key);
}

// `target` with the key of the entry it means, which must be among the first `size`.
Result<Target> FindTarget(const Reader& reader, const Target& target, TreeSize size) {
  if (!target.index) {
    IMMUDB_TRY(reader.FindVersion(target.key, size));
    return target;
  }
  if (target.index->value >= size.value) return IndexNotFound();
  IMMUDB_ASSIGN(Entry entry, reader.Read(*target.index));
  if (!target.key.empty() && target.key != entry.key) {
    return Invalid("mismatch between provided index and key");
  }
  return Target{.key = std::move(entry.key), .index = target.index};
}

proof::TargetView View(const Target& target) {
  return {.key = target.key, .index = target.index};
}

EntryKind KindOf(const Operation& operation) {
  if (std::holds_alternative<ReferenceOperation>(operation)) return EntryKind::kReference;
  if (std::holds_alternative<SortedSetOperation>(operation)) return EntryKind::kSortedSetEntry;
  return EntryKind::kSet;
}

// Turns the operations of one call into one batch.
class OperationBinder {
 public:
  OperationBinder(const Reader& reader, std::span<const Operation> operations)
      : reader_(reader), size_(reader.storage().Published()), operations_(operations) {}

  Result<WriteBatch> Run() {
    if (operations_.empty()) return Invalid("empty set");
    IMMUDB_TRY(CheckRepeats());
    for (const Operation& operation : operations_) {
      IMMUDB_TRY(std::visit([this](const auto& one) { return Add(one); }, operation));
    }
    IMMUDB_TRY(CheckKeys());
    IMMUDB_TRY(CheckStoredKeys());
    return std::move(batch_);
  }

 private:
  // What must not be asked for twice: a key; a name and what it points to; a set and its member,
  // whatever the scores.
  using Request = std::tuple<EntryKind, std::string_view, std::string_view, bool, std::uint64_t>;

  static Request RequestOf(const Operation& operation) {
    const auto of = [&](BytesView name, const Target& target) {
      return Request(KindOf(operation), AsText(name), AsText(target.key), target.index.has_value(),
                     target.index.value_or(LeafIndex{}).value);
    };
    if (const auto* reference = std::get_if<ReferenceOperation>(&operation)) {
      return of(reference->name, reference->target);
    }
    if (const auto* member = std::get_if<SortedSetOperation>(&operation)) {
      return of(member->set, member->target);
    }
    return of(std::get<SetOperation>(operation).key, {});
  }

  Status CheckRepeats() const {
    std::set<Request> seen;
    for (const Operation& operation : operations_) {
      if (!seen.insert(RequestOf(operation)).second) return DuplicateError(KindOf(operation));
    }
    return {};
  }

  // The number of the earlier operation of this call that set `key`.
  std::optional<std::uint32_t> FindEarlier(BytesView key) const {
    const auto found = set_here_.find(AsText(key));
    return found == set_here_.end() ? std::nullopt : std::optional(found->second);
  }

  // Stands for the index of an entry of this call. No entry has such an index, so that stored keys
  // can be compared before the indexes are known.
  static LeafIndex Placeholder(std::uint32_t number) { return {~std::uint64_t{number}}; }

  Status Add(const SetOperation& operation) {
    set_here_.emplace(AsText(operation.key), batch_.count());
    batch_.Set(operation.key, operation.value);
    return {};
  }

  Status Add(const ReferenceOperation& operation) {
    return AddPointing(EntryKind::kReference, operation.target, "reference index not provided",
                       [&](const proof::TargetView&) { return operation.name; });
  }

  Status Add(const SortedSetOperation& operation) {
    return AddPointing(EntryKind::kSortedSetEntry, operation.target, "zAdd index not provided",
                       [&](const proof::TargetView& target) {
                         return proof::EncodeSetKey(operation.set, operation.score, target);
                       });
  }

  // `key_of` makes the stored key from the target.
  template <typename KeyOf>
  Status AddPointing(EntryKind kind, const Target& target, const char* no_index,
                     const KeyOf& key_of) {
    if (const auto earlier = FindEarlier(target.key)) {
      const proof::TargetView view{.key = target.key, .index = Placeholder(*earlier)};
      batch_.AddLateBound(kind, key_of(view), proof::EncodeTarget(view), *earlier);
      return {};
    }
    if (!target.index) return Invalid(no_index);
    IMMUDB_ASSIGN(const Target found, FindTarget(reader_, target, size_));
    batch_.Add(kind, key_of(View(found)), proof::EncodeTarget(View(found)));
    return {};
  }

  Status CheckKeys() const {
    std::size_t number = 0;
    for (const log::EntryView& entry : log::FramedEntries(batch_.encoded())) {
      IMMUDB_TRY(CheckKey(entry.key));
      const auto* member = std::get_if<SortedSetOperation>(&operations_[number++]);
      // 0.8.1 takes it, but no scan can ask for it.
      if (member != nullptr && member->set.empty()) return Invalid("invalid set");
    }
    return {};
  }

  // 0.8.1 takes two operations with one stored key, and loses the value of the earlier one.
  Status CheckStoredKeys() const {
    std::set<std::string_view> seen;
    for (const log::EntryView& entry : log::FramedEntries(batch_.encoded())) {
      if (!seen.insert(AsText(entry.key)).second) return DuplicateError(entry.kind);
    }
    return {};
  }

  const Reader& reader_;
  const TreeSize size_;
  const std::span<const Operation> operations_;
  WriteBatch batch_;
  std::map<std::string_view, std::uint32_t> set_here_;  // Key to number.
};

}  // namespace

Result<WriteBatch> LedgerImpl::BindReference(BytesView name, const Target& target,
                                             std::optional<LeafIndex> since) const {
  IMMUDB_TRY(CheckUndamaged());
  IMMUDB_TRY(CheckTargetKey(target));
  IMMUDB_TRY(CheckName(name, "invalid reference"));
  IMMUDB_TRY(CheckTrustedIndex(since));
  IMMUDB_ASSIGN(const Target found, FindTarget(reader_, target, storage_->Published()));
  WriteBatch batch;
  batch.Add(EntryKind::kReference, name, proof::EncodeTarget(View(found)));
  return batch;
}

Result<WriteBatch> LedgerImpl::BindSortedSetEntry(BytesView set, double score, const Target& target,
                                                  std::optional<LeafIndex> since) const {
  IMMUDB_TRY(CheckUndamaged());
  IMMUDB_TRY(CheckTargetKey(target));
  IMMUDB_TRY(CheckName(set, "invalid set"));
  IMMUDB_TRY(CheckTrustedIndex(since));
  IMMUDB_ASSIGN(const Target found, FindTarget(reader_, target, storage_->Published()));
  WriteBatch batch;
  batch.Add(EntryKind::kSortedSetEntry, proof::EncodeSetKey(set, score, View(found)),
            proof::EncodeTarget(View(found)));
  return batch;
}

Result<WriteBatch> LedgerImpl::BindOperations(std::span<const Operation> operations) const {
  IMMUDB_TRY(CheckUndamaged());
  return OperationBinder(reader_, operations).Run();
}

Result<Entry> LedgerImpl::GetReferenced(BytesView name) const {
  IMMUDB_TRY(CheckName(name, "invalid reference"));
  const TreeSize size = storage_->Published();
  IMMUDB_ASSIGN(const index::Version version, reader_.FindVersion(name, size));
  if (version.kind == static_cast<std::uint8_t>(EntryKind::kSet)) {
    return Invalid("provided argument is not a reference");
  }
  IMMUDB_ASSIGN(const Entry entry, reader_.Find(name, size));
  IMMUDB_ASSIGN(const proof::TargetView target, proof::DecodeTarget(entry.value));
  return reader_.Resolve(target, size);
}

}  // namespace immudb::ledger
