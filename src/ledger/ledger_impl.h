// A ledger over its storage: the pipeline for writes, snapshots of the published size for reads,
// and the maintenance that runs beside both.

#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "immudb/cursor.h"
#include "immudb/ledger.h"
#include "ledger/checkpoint.h"
#include "ledger/environment.h"
#include "ledger/key_count.h"
#include "ledger/opening.h"
#include "ledger/pipeline.h"
#include "ledger/reader.h"
#include "ledger/storage.h"
#include "merkle/node_reader.h"

namespace immudb::ledger {

// Thread-safe.
class LedgerImpl : public Ledger {
 public:
  // Takes over what OpenStorage opened. `environment` must outlive the ledger.
  LedgerImpl(OpenedStorage opened, const Environment& environment);
  ~LedgerImpl() override;
  LedgerImpl(const LedgerImpl&) = delete;
  LedgerImpl& operator=(const LedgerImpl&) = delete;

  void Submit(WriteBatch batch, CommitCallback done) override;
  Result<CommitResult> Commit(WriteBatch batch) override;
  Status CheckTrustedIndex(std::optional<LeafIndex> since) const override;
  Result<TreeHead> Head() const override;
  Result<EntryProof> Prove(LeafIndex index, TreeSize size,
                           std::optional<LeafIndex> since) const override;
  Result<EntryProof> TryProve(LeafIndex index, TreeSize size,
                              std::optional<LeafIndex> since) const override;
  Result<InclusionProof> ProveInclusion(LeafIndex index) const override;
  Result<ConsistencyProof> ProveConsistency(LeafIndex since) const override;
  Result<Entry> Get(BytesView key) const override;
  Result<ProvenEntry> GetProven(BytesView key, std::optional<LeafIndex> since) const override;
  Result<Entry> At(LeafIndex index) const override;
  Result<ProvenEntry> AtProven(LeafIndex index, std::optional<LeafIndex> since) const override;
  Result<WriteBatch> BindReference(BytesView name, const Target& target,
                                   std::optional<LeafIndex> since) const override;
  Result<WriteBatch> BindSortedSetEntry(BytesView set, double score, const Target& target,
                                        std::optional<LeafIndex> since) const override;
  Result<WriteBatch> BindOperations(std::span<const Operation> operations) const override;
  Result<Entry> GetReferenced(BytesView name) const override;
  Result<std::unique_ptr<Cursor<Entry>>> Scan(KeyRange range) const override;
  Result<std::unique_ptr<Cursor<SortedSetItem>>> ScanSortedSet(SortedSetRange range) const override;
  Result<std::unique_ptr<Cursor<Entry>>> History(HistoryRange range) const override;
  Result<std::unique_ptr<Cursor<LoggedEntry>>> EntriesFrom(LeafIndex first) const override;
  Result<std::unique_ptr<Cursor<StoredVersion>>> AllVersions() const override;
  Result<std::unique_ptr<Cursor<std::uint64_t>>> CountVersions(BytesView key) const override;
  Result<std::unique_ptr<Cursor<std::uint64_t>>> CountKeys() const override;
  Result<Digest> Node(std::uint8_t level, std::uint64_t index, TreeSize size) const override;
  Status Checkpoint() override;
  Result<InspectionReport> Inspect(std::span<const RecordedRoot> recorded,
                                   InspectionObserver& observer) override;
  Status Close() override;
  LedgerStatistics statistics() const override;
  const std::string& origin() const override { return storage_->meta.origin; }

  const Reader& reader() const { return reader_; }

 private:
  // kCorrupted if there is damage in acknowledged entries.
  Status CheckUndamaged() const;
  // kCorrupted if an entry that was lost to damage may have had a key that the index does not know:
  // then no answer about many keys, or all versions of one, can be known to be whole.
  Status CheckAllKeysKnown() const;
  // `entry` with its proof, after checking that the tree holds just this entry.
  Result<ProvenEntry> ProveEntry(Entry entry, TreeSize size, std::optional<LeafIndex> since) const;
  // The head of the tree of `size`, remembered for the newest size asked for.
  Result<TreeHead> HeadAt(const TreeReader& nodes, TreeSize size) const;
  Result<InclusionProof> ProveIn(const TreeReader& nodes, LeafIndex index, TreeSize size) const;
  Result<EntryProof> ProveWith(const TreeReader& nodes, LeafIndex index, TreeSize size,
                               std::optional<LeafIndex> since) const;
  // Remembers what an inspection found.
  void NoteFindings(const InspectionReport& report);
  // What runs a few times a second: seals an idle log, starts a checkpoint that is due.
  void Maintain();

  // Lets a delayed task find out that the ledger has closed. Shared by the ledger and that task.
  struct Heartbeat {
    Mutex mutex;  // Held while Maintain runs.
    LedgerImpl* ledger IMMUDB_GUARDED_BY(mutex) = nullptr;
  };
  static void ScheduleMaintenance(Executor& maintenance,
                                  const std::shared_ptr<Heartbeat>& heartbeat);

  const Environment& environment_;
  std::unique_ptr<Storage> storage_;
  const Reader reader_;
  mutable KnownKeyCount key_count_;
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::shared_ptr<Heartbeat> heartbeat_;

  mutable Mutex head_mutex_;  // Held for a copy.
  mutable TreeHead newest_head_ IMMUDB_GUARDED_BY(head_mutex_);

  Mutex close_mutex_;
  bool closed_ IMMUDB_GUARDED_BY(close_mutex_) = false;
};

}  // namespace immudb::ledger
