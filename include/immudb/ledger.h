// A ledger: one append-only sequence of entries, its Merkle tree and its key index. This is the
// database engine; the server is one user of it, and a program may embed it (examples/embed.cc).
//
// Every committed entry has a consecutive index from 0 and is that leaf of the tree. Nothing is
// ever changed or removed, so whatever was proven stays true. Reads see the published size: entries
// whose commit was acknowledged, and with Durability::kDurable nothing that a power loss could take
// back.
//
// Texts of errors are those that clients of immudb 0.8.1 know, where it has them.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/inspection.h"
#include "immudb/operations.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "immudb/write_batch.h"

namespace immudb {

struct Entry {
  Bytes key;
  Bytes value;
  LeafIndex index;
  EntryKind kind = EntryKind::kSet;
};

template <typename Item>
class Cursor;
struct HistoryRange;
struct KeyRange;
struct LoggedEntry;
struct SortedSetItem;
struct SortedSetRange;
struct StoredVersion;

struct ProvenEntry {
  Entry entry;
  EntryProof proof;
};

enum class Durability : std::uint8_t {
  kDurable,  // Acknowledged and visible once it survives a power loss.
  kWritten,  // Acknowledged once it survives the death of this process; a power loss may take it.
};

struct CommitResult {
  LeafIndex first;
  LeafIndex last;
};

struct LedgerStatistics {
  std::uint64_t entries = 0;
  std::uint64_t checkpointed_entries = 0;  // Those that the derived files hold.
  std::uint64_t log_bytes = 0;
  std::uint64_t derived_bytes = 0;
  std::uint64_t groups = 0;          // Groups committed since the ledger was opened.
  std::uint64_t syncs = 0;           // Of the log, since it was opened.
  std::uint64_t queued_batches = 0;  // Submitted and not yet prepared.
  bool accepts_writes = true;
  bool damaged = false;
};

// Thread-safe.
class Ledger {
 public:
  using CommitCallback = std::function<void(Result<CommitResult>)>;

  virtual ~Ledger() = default;  // Closes; see Close.

  // Queues `batch` and returns; `done` is called once, on a thread of the engine, which it must not
  // block, or at once on this thread if the batch is refused before it is queued. All or nothing:
  // after an error no entry of the batch exists and no index was used; but after kIo, and
  // kExhausted of a write, the whole batch may turn up when the ledger is opened again. Errors:
  // kInvalidArgument, kLimitExceeded (the batch can never succeed); kExhausted (disk or queue full;
  // try later); kClosed (a write or sync failed before: reopen); kCorrupted (damaged ledger).
  virtual void Submit(WriteBatch batch, CommitCallback done) = 0;

  // Commits `batch` and waits for it, for room in the queue too. Errors: as Submit.
  virtual Result<CommitResult> Commit(WriteBatch batch) = 0;

  // Checks that a caller may name `since`, the index of the newest root it trusts, in a verified
  // call. Errors: kInvalidArgument `invalid root index` if it lies beyond the published entries.
  virtual Status CheckTrustedIndex(std::optional<LeafIndex> since) const = 0;

  // The state after the newest published entry.
  virtual Result<TreeHead> Head() const = 0;

  // Proves entry `index` in the tree of `size` leaves, and that this tree extends the one whose
  // newest entry was `since` (no entry: index 0, as immudb 0.8.1 has it). The consistency path is
  // empty where `since` is at or beyond size - 1.
  // Requires: index < size. Errors: kNotFound `index not found` if size is not published;
  // kCorrupted, kIo.
  virtual Result<EntryProof> Prove(LeafIndex index, TreeSize size,
                                   std::optional<LeafIndex> since) const = 0;

  // Prove, without waiting for the disk: for threads that must not.
  // Errors: kUnavailable if that would be necessary; as Prove.
  virtual Result<EntryProof> TryProve(LeafIndex index, TreeSize size,
                                      std::optional<LeafIndex> since) const = 0;

  // Proves entry `index` in the newest tree. Errors: kNotFound `index not found`; as Prove.
  virtual Result<InclusionProof> ProveInclusion(LeafIndex index) const = 0;

  // Proves that the newest tree extends the one whose newest entry is `since`.
  // Errors: kNotFound `index not found`; as Prove.
  virtual Result<ConsistencyProof> ProveConsistency(LeafIndex since) const = 0;

  // The newest entry of `key`; if that is a reference or a sorted-set entry, the newest entry of
  // its target instead (one level). Errors: kInvalidArgument `invalid key`; kNotFound `Key not
  // found`; kCorrupted, kIo.
  virtual Result<Entry> Get(BytesView key) const = 0;

  // Get with a proof in the newest tree. Errors: as Get and CheckTrustedIndex.
  virtual Result<ProvenEntry> GetProven(BytesView key, std::optional<LeafIndex> since) const = 0;

  // The entry at `index` as it was stored. Errors: kNotFound `index not found`; kCorrupted, kIo.
  virtual Result<Entry> At(LeafIndex index) const = 0;

  // At with a proof in the newest tree. Errors: as At, then CheckTrustedIndex.
  virtual Result<ProvenEntry> AtProven(LeafIndex index, std::optional<LeafIndex> since) const = 0;

  // The three below check what they are given against the newest published entries and return the
  // batch that stores it, for Submit; what they checked stays true. `since` is checked as by
  // CheckTrustedIndex, after names and before targets.
  // Errors: kInvalidArgument `invalid key`, `invalid reference`, `invalid set`, `mismatch between
  // provided index and key`; kNotFound `Key not found`, `index not found`; kCorrupted, kIo.
  // Implementations repeat no default: they are called through this interface only.
  // NOLINTBEGIN(google-default-arguments)
  virtual Result<WriteBatch> BindReference(BytesView name, const Target& target,
                                           std::optional<LeafIndex> since = std::nullopt) const = 0;
  virtual Result<WriteBatch> BindSortedSetEntry(
      BytesView set, double score, const Target& target,
      std::optional<LeafIndex> since = std::nullopt) const = 0;
  // NOLINTEND(google-default-arguments)
  // A target that names the key of an earlier SetOperation of the call is bound to that entry,
  // whatever index it asks for; any other must have an index. More errors: kInvalidArgument `empty
  // set`, the duplicate errors, `reference index not provided`, `zAdd index not provided`.
  virtual Result<WriteBatch> BindOperations(std::span<const Operation> operations) const = 0;

  // What the reference or sorted-set entry with the key `name` points to: the entry with its index
  // if it has one, else the newest entry of its target key as it was stored.
  // Errors: kInvalidArgument `invalid reference`, `provided argument is not a reference`; kNotFound
  // `Key not found`, `index not found`; kCorrupted, kIo.
  virtual Result<Entry> GetReferenced(BytesView name) const = 0;

  // The cursors are in immudb/cursor.h. Errors of the four: kInvalidArgument `invalid key prefix`,
  // `invalid offset`, `invalid set`, `invalid key`; kIo, kCorrupted.
  virtual Result<std::unique_ptr<Cursor<Entry>>> Scan(KeyRange range) const = 0;
  virtual Result<std::unique_ptr<Cursor<SortedSetItem>>> ScanSortedSet(
      SortedSetRange range) const = 0;
  virtual Result<std::unique_ptr<Cursor<Entry>>> History(HistoryRange range) const = 0;
  // All entries from `first` on in the order of their indexes, references as they are stored.
  virtual Result<std::unique_ptr<Cursor<LoggedEntry>>> EntriesFrom(LeafIndex first) const = 0;
  // All versions of all keys: keys in order, newest version first, as they are stored.
  virtual Result<std::unique_ptr<Cursor<StoredVersion>>> AllVersions() const = 0;

  // These two yield one item, the count, at the end of the reading; a step of it is one row of the
  // limit.
  // The number of versions of `key`; 0 for an empty one. Errors: kInvalidArgument `invalid key
  // prefix` for a reserved one; kIo, kCorrupted.
  virtual Result<std::unique_ptr<Cursor<std::uint64_t>>> CountVersions(BytesView key) const = 0;
  // The number of different keys, references and set entries included, of the published entries.
  // Remembered: what was counted once is not counted again. Errors: kIo, kCorrupted.
  virtual Result<std::unique_ptr<Cursor<std::uint64_t>>> CountKeys() const = 0;

  // The hash of node `index` of level `level` in the tree of `size` leaves; of a node at the right
  // edge, over the leaves it has. Requires: the node has a leaf below it. Errors: kNotFound `index
  // not found` if size is not published; kIo, kCorrupted.
  virtual Result<Digest> Node(std::uint8_t level, std::uint64_t index, TreeSize size) const = 0;

  // Makes all published entries durable and the derived files current, so that the next opening
  // replays nothing. Errors: kExhausted, kIo; the ledger goes on.
  virtual Status Checkpoint() = 0;

  // Reads all files again, up to the entries that are published when it begins, and looks whether
  // they are what they were; `recorded` are roots that somebody else has kept. Takes long; writes
  // and reads go on. What it finds is remembered as if a read had met it: damage stops writes,
  // roots and proofs, and derived files are rebuilt at the next opening. Errors: kIo, kDenied;
  // those of `observer`. Nothing is then known.
  virtual Result<InspectionReport> Inspect(std::span<const RecordedRoot> recorded,
                                           InspectionObserver& observer) = 0;

  // Refuses new batches, finishes queued ones, checkpoints and closes the files. Idempotent.
  virtual Status Close() = 0;

  virtual LedgerStatistics statistics() const = 0;
  virtual const std::string& origin() const = 0;
};

}  // namespace immudb
