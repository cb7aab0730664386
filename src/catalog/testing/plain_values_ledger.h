// What a fake ledger leaves out: references, sorted sets, scans and counts. Whoever tests those
// opens a real ledger over files in memory (ledger/engine.h).

#pragma once

#include <memory>

#include "base/error.h"
#include "immudb/cursor.h"
#include "immudb/ledger.h"

namespace immudb::catalog {

// Refuses all but plain values and proofs with kUnsupported.
class PlainValuesLedger : public Ledger {
 public:
  Result<WriteBatch> BindReference(BytesView /*name*/, const Target& /*target*/,
                                   std::optional<LeafIndex> /*since*/) const override {
    return PlainValuesOnly();
  }

  Result<WriteBatch> BindSortedSetEntry(BytesView /*set*/, double /*score*/,
                                        const Target& /*target*/,
                                        std::optional<LeafIndex> /*since*/) const override {
    return PlainValuesOnly();
  }

  Result<WriteBatch> BindOperations(std::span<const Operation> /*operations*/) const override {
    return PlainValuesOnly();
  }

  Result<InspectionReport> Inspect(std::span<const RecordedRoot> /*recorded*/,
                                   InspectionObserver& /*observer*/) override {
    return PlainValuesOnly();
  }

  Result<Entry> GetReferenced(BytesView /*name*/) const override { return PlainValuesOnly(); }

  Result<std::unique_ptr<Cursor<Entry>>> Scan(KeyRange /*range*/) const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<SortedSetItem>>> ScanSortedSet(
      SortedSetRange /*range*/) const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<Entry>>> History(HistoryRange /*range*/) const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<LoggedEntry>>> EntriesFrom(LeafIndex /*first*/) const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<StoredVersion>>> AllVersions() const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<std::uint64_t>>> CountVersions(BytesView /*key*/) const override {
    return PlainValuesOnly();
  }

  Result<std::unique_ptr<Cursor<std::uint64_t>>> CountKeys() const override {
    return PlainValuesOnly();
  }

 private:
  static Error PlainValuesOnly() {
    return Fail(Code::kUnsupported, "the fake ledger knows plain values only");
  }
};

}  // namespace immudb::catalog
