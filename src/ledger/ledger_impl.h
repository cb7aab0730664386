// A ledger over its storage: the pipeline for writes, snapshots of the published size for reads,
// and the maintenance that runs beside both.

#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "base/mutex.h"
#include "immudb/ledger.h"
#include "ledger/checkpoint.h"
#include "ledger/environment.h"
#include "ledger/opening.h"
#include "ledger/pipeline.h"
#include "ledger/storage.h"

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
  Result<InclusionProof> ProveInclusion(LeafIndex index) const override;
  Result<ConsistencyProof> ProveConsistency(LeafIndex since) const override;
  Result<Entry> Get(BytesView key) const override;
  Result<ProvenEntry> GetProven(BytesView key, std::optional<LeafIndex> since) const override;
  Result<Entry> At(LeafIndex index) const override;
  Result<ProvenEntry> AtProven(LeafIndex index, std::optional<LeafIndex> since) const override;
  Status Checkpoint() override;
  Status Close() override;
  LedgerStatistics statistics() const override;
  const std::string& origin() const override { return storage_->meta.origin; }

 private:
  // kCorrupted if there is damage in acknowledged entries.
  Status CheckUndamaged() const;
  Result<Entry> ReadAt(LeafIndex index) const;
  Result<Entry> Find(BytesView key, TreeSize size) const;
  // `entry` with its proof, after checking that the tree holds just this entry.
  Result<ProvenEntry> ProveEntry(Entry entry, TreeSize size, std::optional<LeafIndex> since) const;
  Result<InclusionProof> ProveIn(LeafIndex index, TreeSize size) const;
  // Pass `error` on; if it tells of damage, of entries or of derived files, they note that first.
  Error NoticedInEntries(Error error) const;
  Error NoticedInDerived(Error error) const;
  // The value of `result`, read from a derived file, or its error, noticed.
  template <typename T>
  Result<T> FromDerived(Result<T> result) const;

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
  std::unique_ptr<Pipeline> pipeline_;
  std::unique_ptr<Checkpointer> checkpointer_;
  std::shared_ptr<Heartbeat> heartbeat_;

  Mutex close_mutex_;
  bool closed_ IMMUDB_GUARDED_BY(close_mutex_) = false;
};

}  // namespace immudb::ledger
