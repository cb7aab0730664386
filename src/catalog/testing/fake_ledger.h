// A ledger in memory, for tests of the layers above the real one: same contract, slow and simple.
// Refuses on demand.

#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/mutex.h"
#include "catalog/testing/plain_values_ledger.h"
#include "crypto/sha256.h"
#include "immudb/ledger.h"
#include "immudb/verify.h"
#include "log/entry.h"
#include "merkle/hasher.h"
#include "merkle/node_reader.h"
#include "merkle/proofs.h"

namespace immudb::catalog {

// What a ledger holds; outlives the ledger, as a disk does.
struct FakeLedgerState {
  std::string origin;
  std::vector<Entry> entries;
};

// Commits at once, on the thread of the caller. Tests use it from one thread when they refuse or
// hold things back.
class FakeLedger : public PlainValuesLedger {
 public:
  explicit FakeLedger(FakeLedgerState& state) : state_(state) {}

  // Makes later batches, or all reads, fail; no value: no more.
  void RefuseWrites(std::optional<Error> error) { write_error_ = std::move(error); }
  void RefuseReads(std::optional<Error> error) { read_error_ = std::move(error); }

  // Makes TryProve fail as if the disk were needed.
  void EvictAll() { is_evicted_ = true; }

  // Keeps the callbacks of later batches back until they are released.
  void HoldCallbacks() { holds_callbacks_ = true; }
  void ReleaseCallbacks() {
    holds_callbacks_ = false;
    for (const auto& callback : std::exchange(held_, {})) callback();
  }

  void Submit(WriteBatch batch, CommitCallback done) override {
    Result<CommitResult> result = Commit(std::move(batch));
    if (!holds_callbacks_) return done(std::move(result));
    held_.push_back([done = std::move(done), result = std::move(result)] { done(result); });
  }

  Result<CommitResult> Commit(WriteBatch batch) override {
    if (write_error_) return *write_error_;
    IMMUDB_ASSIGN(std::vector<Entry> added, Check(batch));
    const MutexLock lock(mutex_);
    const LeafIndex first{state_.entries.size()};
    for (Entry& entry : added) {
      entry.index = {state_.entries.size()};
      state_.entries.push_back(std::move(entry));
    }
    return CommitResult{.first = first, .last = {state_.entries.size() - 1}};
  }

  Status CheckTrustedIndex(std::optional<LeafIndex> since) const override {
    const MutexLock lock(mutex_);
    if (!since || state_.entries.empty() || since->value < state_.entries.size()) return {};
    return Fail(Code::kInvalidArgument, "invalid root index");
  }

  Result<TreeHead> Head() const override {
    if (read_error_) return *read_error_;
    const MutexLock lock(mutex_);
    return HeadAt({state_.entries.size()});
  }

  Result<EntryProof> Prove(LeafIndex index, TreeSize size,
                           std::optional<LeafIndex> since) const override {
    if (read_error_) return *read_error_;
    const MutexLock lock(mutex_);
    return ProveLocked(index, size, since);
  }

  Result<EntryProof> TryProve(LeafIndex index, TreeSize size,
                              std::optional<LeafIndex> since) const override {
    return is_evicted_ ? Result<EntryProof>(Fail(Code::kUnavailable, ""))
                       : Prove(index, size, since);
  }

  Result<InclusionProof> ProveInclusion(LeafIndex index) const override {
    const MutexLock lock(mutex_);
    IMMUDB_ASSIGN(EntryProof proof, ProveLocked(index, {state_.entries.size()}, {}));
    return proof.inclusion;
  }

  Result<ConsistencyProof> ProveConsistency(LeafIndex since) const override {
    const MutexLock lock(mutex_);
    const TreeSize size{state_.entries.size()};
    if (since.value >= size.value) return Fail(Code::kNotFound, "index not found");
    const TreeSize older{since.value + 1};
    IMMUDB_ASSIGN(Path path, merkle::ProveConsistency(Nodes(*this), older, size));
    IMMUDB_ASSIGN(const TreeHead newer, HeadAt(size));
    return ConsistencyProof{.older = older, .newer = newer, .path = std::move(path)};
  }

  Result<Entry> Get(BytesView key) const override {
    if (read_error_) return *read_error_;
    IMMUDB_TRY(CheckKey(key));
    const MutexLock lock(mutex_);
    for (auto entry = state_.entries.rbegin(); entry != state_.entries.rend(); ++entry) {
      if (std::equal(key.begin(), key.end(), entry->key.begin(), entry->key.end())) return *entry;
    }
    return Fail(Code::kNotFound, "Key not found");
  }

  Result<ProvenEntry> GetProven(BytesView key, std::optional<LeafIndex> since) const override {
    IMMUDB_TRY(CheckKey(key));
    IMMUDB_TRY(CheckTrustedIndex(since));
    IMMUDB_ASSIGN(Entry entry, Get(key));
    return AddProof(std::move(entry), since);
  }

  Result<Entry> At(LeafIndex index) const override {
    if (read_error_) return *read_error_;
    const MutexLock lock(mutex_);
    if (index.value >= state_.entries.size()) return Fail(Code::kNotFound, "index not found");
    return state_.entries[index.value];
  }

  Result<ProvenEntry> AtProven(LeafIndex index, std::optional<LeafIndex> since) const override {
    IMMUDB_ASSIGN(Entry entry, At(index));
    IMMUDB_TRY(CheckTrustedIndex(since));
    return AddProof(std::move(entry), since);
  }
  Result<Digest> Node(std::uint8_t level, std::uint64_t index, TreeSize size) const override {
    const MutexLock lock(mutex_);
    if (size.value > state_.entries.size()) return Fail(Code::kNotFound, "index not found");
    return merkle::NodeAt(Nodes(*this), {level, index}, size);
  }

  Status Checkpoint() override { return {}; }
  Status Close() override { return {}; }
  LedgerStatistics statistics() const override {
    const MutexLock lock(mutex_);
    return {.entries = state_.entries.size()};
  }
  const std::string& origin() const override { return state_.origin; }

 private:
  class Nodes : public merkle::NodeReader {
   public:
    explicit Nodes(const FakeLedger& ledger) : ledger_(ledger) {}
    Result<Digest> Read(merkle::NodeId node) const override {
      if (node.level == 0) return ledger_.Leaf(node.index);
      const auto level = static_cast<std::uint8_t>(node.level - 1);
      IMMUDB_ASSIGN(const Digest left, Read({level, node.index * 2}));
      IMMUDB_ASSIGN(const Digest right, Read({level, node.index * 2 + 1}));
      return merkle::HashNode(left, right);
    }

   private:
    const FakeLedger& ledger_;
  };

  static Status CheckKey(BytesView key) {
    constexpr std::string_view kReserved = "IMMUDB.METADATA.LAST_FLUSHED_LEAF";
    const bool is_bad = key.empty() || key[0] == 0 || std::ranges::equal(key, AsBytes(kReserved));
    return is_bad ? Status(Fail(Code::kInvalidArgument, "invalid key")) : Status();
  }

  static Result<std::vector<Entry>> Check(const WriteBatch& batch) {
    if (batch.empty()) return Fail(Code::kInvalidArgument, "empty set");
    std::vector<Entry> entries;
    std::set<Bytes> keys;
    for (BytesView framed = batch.encoded(); !framed.empty();) {
      IMMUDB_ASSIGN(const log::EntryLengths lengths, log::DecodeEntryLengths(framed));
      const BytesView key = framed.subspan(log::kEntryHeaderBytes, lengths.key_bytes);
      const BytesView value =
          framed.subspan(log::kEntryHeaderBytes + key.size(), lengths.value_bytes);
      framed = framed.subspan(lengths.framed_bytes());
      entries.push_back({.key = {key.begin(), key.end()},
                         .value = {value.begin(), value.end()},
                         .index = {},
                         .kind = EntryKind::kSet});
      if (!keys.insert(entries.back().key).second) {
        return Fail(Code::kInvalidArgument,
                    "duplicated keys are not supported in single batch transaction");
      }
    }
    for (const Entry& entry : entries) IMMUDB_TRY(CheckKey(entry.key));
    for (const Entry& entry : entries) {
      const std::string_view badger = "!badger!";
      if (entry.key.size() >= badger.size() &&
          std::equal(badger.begin(), badger.end(), entry.key.begin())) {
        return Fail(Code::kInvalidArgument, "invalid key");
      }
    }
    return entries;
  }

  Digest Leaf(std::uint64_t index) const {
    const Entry& entry = state_.entries[index];
    return EntryDigest({index}, entry.key, entry.value);
  }

  Result<TreeHead> HeadAt(TreeSize size) const {
    IMMUDB_ASSIGN(const Digest root, merkle::RootAt(Nodes(*this), size));
    return TreeHead{.size = size, .root = root};
  }

  Result<EntryProof> ProveLocked(LeafIndex index, TreeSize size,
                                 std::optional<LeafIndex> since) const {
    if (index.value >= size.value || size.value > state_.entries.size()) {
      return Fail(Code::kNotFound, "index not found");
    }
    EntryProof proof;
    IMMUDB_ASSIGN(proof.inclusion.head, HeadAt(size));
    proof.inclusion.index = index;
    proof.inclusion.leaf = Leaf(index.value);
    IMMUDB_ASSIGN(proof.inclusion.path, merkle::ProveInclusion(Nodes(*this), index, size));
    const TreeSize older{since.value_or(LeafIndex{0}).value + 1};
    if (older < size) {
      IMMUDB_ASSIGN(proof.consistency_path, merkle::ProveConsistency(Nodes(*this), older, size));
    }
    return proof;
  }

  Result<ProvenEntry> AddProof(Entry entry, std::optional<LeafIndex> since) const {
    const MutexLock lock(mutex_);
    IMMUDB_ASSIGN(EntryProof proof, ProveLocked(entry.index, {state_.entries.size()}, since));
    return ProvenEntry{.entry = std::move(entry), .proof = std::move(proof)};
  }

  FakeLedgerState& state_;
  bool holds_callbacks_ = false;
  bool is_evicted_ = false;
  std::vector<std::function<void()>> held_;
  std::optional<Error> write_error_;
  std::optional<Error> read_error_;
  mutable Mutex mutex_;  // Guards state_, which is somebody else's.
};

}  // namespace immudb::catalog
