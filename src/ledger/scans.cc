// Opening the cursors of a ledger: what is asked for is checked, and the published size pinned.

#include <utility>

#include "base/error.h"
#include "ledger/damage.h"
#include "ledger/key_rules.h"
#include "ledger/ledger_impl.h"
#include "ledger/scan_cursors.h"
#include "ledger/version_cursors.h"

namespace immudb::ledger {
namespace {

Error Invalid(const char* text) {
  return Fail(Code::kInvalidArgument, "{}", text);
}

}  // namespace

Status LedgerImpl::CheckAllKeysKnown() const {
  return CheckIsNewest(*storage_, std::nullopt);
}

Result<std::unique_ptr<Cursor<Entry>>> LedgerImpl::Scan(KeyRange range) const {
  if (IsReservedKey(range.prefix)) return Invalid("invalid key prefix");
  if (IsReservedKey(range.after)) return Invalid("invalid offset");
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<KeyCursor>(reader_, storage_->Published(), std::move(range));
}

Result<std::unique_ptr<Cursor<SortedSetItem>>> LedgerImpl::ScanSortedSet(
    SortedSetRange range) const {
  if (!CheckKey(range.set)) return Invalid("invalid set");
  if (IsReservedKey(range.after)) return Invalid("invalid offset");
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<SortedSetCursor>(reader_, storage_->Published(), std::move(range));
}

Result<std::unique_ptr<Cursor<Entry>>> LedgerImpl::History(HistoryRange range) const {
  if (IsReservedKey(range.key)) return Invalid("invalid key");
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<HistoryCursor>(reader_, storage_->Published(), std::move(range));
}

Result<std::unique_ptr<Cursor<LoggedEntry>>> LedgerImpl::EntriesFrom(LeafIndex first) const {
  return std::make_unique<EntriesReader>(reader_, first, storage_->Published());
}

Result<std::unique_ptr<Cursor<StoredVersion>>> LedgerImpl::AllVersions() const {
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<AllVersionsReader>(reader_, storage_->Published());
}

Result<std::unique_ptr<Cursor<std::uint64_t>>> LedgerImpl::CountVersions(BytesView key) const {
  if (IsReservedKey(key)) return Invalid("invalid key prefix");
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<VersionCount>(reader_, storage_->Published(), key);
}

Result<std::unique_ptr<Cursor<std::uint64_t>>> LedgerImpl::CountKeys() const {
  IMMUDB_TRY(CheckAllKeysKnown());
  return std::make_unique<KeyCount>(reader_, storage_->Published(), key_count_);
}

}  // namespace immudb::ledger
