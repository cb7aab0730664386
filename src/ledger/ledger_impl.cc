#include "ledger/ledger_impl.h"

#include <chrono>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "ledger/damage.h"
#include "ledger/key_rules.h"
#include "merkle/proofs.h"
#include "proof/entry_digest.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {
namespace {

// An idle log is sealed, and a due checkpoint started, within twice this.
constexpr std::chrono::milliseconds kMaintenancePeriod{250};

}  // namespace

LedgerImpl::LedgerImpl(OpenedStorage opened, const Environment& environment)
    : environment_(environment),
      storage_(std::move(opened.storage)),
      reader_(environment.files, *storage_) {
  pipeline_ = std::make_unique<Pipeline>(*storage_, environment_, opened.state);
  checkpointer_ = std::make_unique<Checkpointer>(*storage_, environment_, *pipeline_,
                                                 std::move(opened.checkpoint));
  heartbeat_ = std::make_shared<Heartbeat>();
  {
    MutexLock lock(heartbeat_->mutex);
    heartbeat_->ledger = this;
  }
  ScheduleMaintenance(environment_.maintenance, heartbeat_);
}

LedgerImpl::~LedgerImpl() {
  const Status closed = LedgerImpl::Close();
  if (!closed) {
    Log(LogLevel::kError, "ledger {}: closed without a checkpoint: {}", storage_->directory,
        closed.error().message);
  }
}

Status LedgerImpl::CheckUndamaged() const {
  if (storage_->damaged.load(std::memory_order_relaxed)) return DamagedError(*storage_);
  return {};
}

void LedgerImpl::Submit(WriteBatch batch, CommitCallback done) {
  if (const Status undamaged = CheckUndamaged(); !undamaged) return done(undamaged.error());
  pipeline_->Submit(std::move(batch), std::move(done));
}

Result<CommitResult> LedgerImpl::Commit(WriteBatch batch) {
  IMMUDB_TRY(CheckUndamaged());
  return pipeline_->Commit(std::move(batch));
}

Status LedgerImpl::CheckTrustedIndex(std::optional<LeafIndex> since) const {
  const TreeSize size = storage_->Published();
  // An empty ledger passes everything, as in 0.8.1: the proof will then not verify.
  if (!since || since->value == 0 || size.value == 0) return {};
  if (since->value >= size.value) return Fail(Code::kInvalidArgument, "invalid root index");
  return {};
}

Result<TreeHead> LedgerImpl::Head() const {
  IMMUDB_TRY(CheckUndamaged());
  return HeadAt(TreeReader(*storage_->tree), storage_->Published());
}

Result<TreeHead> LedgerImpl::HeadAt(const TreeReader& nodes, TreeSize size) const {
  {
    MutexLock lock(head_mutex_);
    if (newest_head_.size == size && size.value != 0) return newest_head_;
  }
  IMMUDB_ASSIGN(const Digest root, reader_.FromDerived(merkle::RootAt(nodes, size)));
  const TreeHead head{.size = size, .root = root};
  MutexLock lock(head_mutex_);
  if (size > newest_head_.size) newest_head_ = head;
  return head;
}

Result<InclusionProof> LedgerImpl::ProveIn(const TreeReader& nodes, LeafIndex index,
                                           TreeSize size) const {
  InclusionProof proof{.index = index, .head = {.size = size}};
  IMMUDB_ASSIGN(proof.leaf, reader_.FromDerived(nodes.Read({.level = 0, .index = index.value})));
  IMMUDB_ASSIGN(proof.head, HeadAt(nodes, size));
  IMMUDB_ASSIGN(proof.path, reader_.FromDerived(merkle::ProveInclusion(nodes, index, size)));
  return proof;
}

Result<EntryProof> LedgerImpl::ProveWith(const TreeReader& nodes, LeafIndex index, TreeSize size,
                                         std::optional<LeafIndex> since) const {
  IMMUDB_CHECK(index.value < size.value);
  IMMUDB_TRY(CheckUndamaged());
  if (size > storage_->Published()) return IndexNotFound();
  EntryProof proof;
  IMMUDB_ASSIGN(proof.inclusion, ProveIn(nodes, index, size));
  const TreeSize older{since ? since->value + 1 : 1};
  if (older < size && older.value != 0) {
    IMMUDB_ASSIGN(proof.consistency_path,
                  reader_.FromDerived(merkle::ProveConsistency(nodes, older, size)));
  }
  return proof;
}

Result<EntryProof> LedgerImpl::Prove(LeafIndex index, TreeSize size,
                                     std::optional<LeafIndex> since) const {
  return ProveWith(TreeReader(*storage_->tree), index, size, since);
}

Result<EntryProof> LedgerImpl::TryProve(LeafIndex index, TreeSize size,
                                        std::optional<LeafIndex> since) const {
  return ProveWith(TreeReader(*storage_->tree, TreeReader::Access::kMemoryOnly), index, size,
                   since);
}

Result<Digest> LedgerImpl::Node(std::uint8_t level, std::uint64_t index, TreeSize size) const {
  IMMUDB_TRY(CheckUndamaged());
  if (size > storage_->Published()) return IndexNotFound();
  return reader_.FromDerived(merkle::NodeAt(*storage_->tree, {level, index}, size));
}

Result<InclusionProof> LedgerImpl::ProveInclusion(LeafIndex index) const {
  IMMUDB_TRY(CheckUndamaged());
  const TreeSize size = storage_->Published();
  if (index.value >= size.value) return IndexNotFound();
  return ProveIn(TreeReader(*storage_->tree), index, size);
}

Result<ConsistencyProof> LedgerImpl::ProveConsistency(LeafIndex since) const {
  IMMUDB_TRY(CheckUndamaged());
  const TreeSize size = storage_->Published();
  if (since.value >= size.value) return IndexNotFound();
  const TreeReader nodes(*storage_->tree);
  ConsistencyProof proof{.older = {since.value + 1}, .newer = {.size = size}};
  IMMUDB_ASSIGN(proof.newer, HeadAt(nodes, size));
  if (proof.older < size) {
    IMMUDB_ASSIGN(proof.path,
                  reader_.FromDerived(merkle::ProveConsistency(nodes, proof.older, size)));
  }
  return proof;
}

Result<Entry> LedgerImpl::Get(BytesView key) const {
  IMMUDB_TRY(CheckKey(key));
  const TreeSize size = storage_->Published();
  IMMUDB_ASSIGN(Entry entry, reader_.Find(key, size));
  if (entry.kind == EntryKind::kSet) return entry;
  // One level, and the newest version whatever index the reference names: as 0.8.1 answers.
  IMMUDB_ASSIGN(const proof::TargetView target, proof::DecodeTarget(entry.value));
  return reader_.Find(target.key, size);
}

Result<ProvenEntry> LedgerImpl::ProveEntry(Entry entry, TreeSize size,
                                           std::optional<LeafIndex> since) const {
  IMMUDB_ASSIGN(EntryProof proof, Prove(entry.index, size, since));
  if (proof.inclusion.leaf != proof::EntryDigest(entry.index, entry.key, entry.value)) {
    return reader_.NoticedInEntries(
        Fail(Code::kCorrupted, "ledger {}: entry {} is not the one the tree was built from",
             storage_->directory, entry.index.value));
  }
  return ProvenEntry{.entry = std::move(entry), .proof = std::move(proof)};
}

Result<ProvenEntry> LedgerImpl::GetProven(BytesView key, std::optional<LeafIndex> since) const {
  IMMUDB_TRY(CheckUndamaged());
  IMMUDB_TRY(CheckKey(key));
  IMMUDB_TRY(CheckTrustedIndex(since));
  IMMUDB_ASSIGN(Entry entry, Get(key));
  // Taken after the entry was found: it lies below.
  return ProveEntry(std::move(entry), storage_->Published(), since);
}

Result<Entry> LedgerImpl::At(LeafIndex index) const {
  if (index.value >= storage_->Published().value) return IndexNotFound();
  return reader_.ReadChecked(index);
}

Result<ProvenEntry> LedgerImpl::AtProven(LeafIndex index, std::optional<LeafIndex> since) const {
  IMMUDB_TRY(CheckUndamaged());
  const TreeSize size = storage_->Published();
  if (index.value >= size.value) return IndexNotFound();
  IMMUDB_TRY(CheckTrustedIndex(since));
  IMMUDB_ASSIGN(Entry entry, reader_.Read(index));
  return ProveEntry(std::move(entry), size, since);
}

Status LedgerImpl::Checkpoint() {
  IMMUDB_TRY(CheckUndamaged());
  return checkpointer_->Run(Checkpointer::Merging::kRuns);
}

void LedgerImpl::ScheduleMaintenance(Executor& maintenance,
                                     const std::shared_ptr<Heartbeat>& heartbeat) {
  maintenance.PostAfter(kMaintenancePeriod, [&maintenance, heartbeat] {
    // Only the executor, which runs this, is sure to exist still when the ledger is closed.
    {
      MutexLock lock(heartbeat->mutex);
      if (heartbeat->ledger == nullptr) return;
      heartbeat->ledger->Maintain();
    }
    ScheduleMaintenance(maintenance, heartbeat);
  });
}

void LedgerImpl::Maintain() {
  if (!CheckUndamaged()) return;
  pipeline_->SealIfIdle();
  checkpointer_->RunIfDue();
}

Status LedgerImpl::Close() {
  MutexLock close(close_mutex_);
  if (std::exchange(closed_, true)) return {};
  checkpointer_->StopMerging();
  {
    MutexLock lock(heartbeat_->mutex);
    heartbeat_->ledger = nullptr;
  }
  pipeline_->Stop();
  // Damage was reported when it was found, and is no failure of closing.
  if (!CheckUndamaged()) return RetryDamageMarker(environment_.files, *storage_);
  if (pipeline_->failed()) return {};
  IMMUDB_TRY(pipeline_->SyncAll());
  pipeline_->SealIfIdle();
  return checkpointer_->Run(Checkpointer::Merging::kLeave);
}

LedgerStatistics LedgerImpl::statistics() const {
  return {.entries = storage_->Published().value,
          .checkpointed_entries = checkpointer_->entries(),
          .log_bytes = storage_->log->end().value,
          .derived_bytes = checkpointer_->derived_bytes(),
          .groups = pipeline_->groups(),
          .syncs = storage_->log->statistics().syncs,
          .queued_batches = pipeline_->queued_batches(),
          .accepts_writes = pipeline_->accepts_writes() && !storage_->damaged.load(),
          .damaged = storage_->damaged.load()};
}

}  // namespace immudb::ledger
