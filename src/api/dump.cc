#include "api/dump.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "api/pieces.h"
#include "api/tree_nodes.h"
#include "api/wire.h"
#include "base/check.h"
#include "base/error.h"
#include "immudb/cursor.h"

namespace immudb::api {
namespace {

// Clients take 4 MiB by default. One record may be larger; it is then alone in its message.
constexpr std::size_t kMessageBytes = 1u << 20;
constexpr std::size_t kRecordFramingBytesMax = 64;

// The marks 0.8.1 puts on records.
constexpr std::uint8_t kEntryMark = 0x00;
constexpr std::uint8_t kReferenceMark = 0x01;
constexpr std::uint8_t kNodeMark = 0xff;

constexpr std::string_view kSizeKey = "IMMUDB.METADATA.LAST_FLUSHED_LEAF";

struct Record {
  Bytes key;
  Bytes value;
  std::uint8_t mark = 0;
  std::uint64_t version = 0;
};

// Adds a pb.KV to an encoded pb.KVList.
void AppendRecord(Bytes& message, const Record& record) {
  Bytes out;
  out.reserve(record.key.size() + record.value.size() + kRecordFramingBytesMax);
  AppendBytesField(out, 1, record.key);
  AppendBytesField(out, 2, record.value);
  AppendBytesField(out, 3, BytesView(&record.mark, 1));
  AppendVarintField(out, 4, record.version);
  AppendVarintField(out, 10, 1);  // All in one stream.
  AppendBytesField(message, 1, out);
}

bool EndsBatch(const LoggedEntry& logged) {
  return logged.ends_batch;
}

// Makes one message after the other, in turns.
class Dump {
 public:
  explicit Dump(catalog::LedgerHandle ledger)
      : ledger_(std::move(ledger)), size_{ledger_->statistics().entries} {}

  Result<StreamTurn> TakeTurn();

 private:
  // Adds to message_, and sets is_full_ if it is full; returns whether the dump is complete.
  Result<bool> AddPiece();
  Status AddEntries();
  Status AddEntry(const Entry& entry);
  Status FindBatchEnd();
  Status AddNodes(std::uint64_t count);
  // Whether `bytes` more have to wait for the next message.
  bool IsFullFor(std::size_t bytes);

  const catalog::LedgerHandle ledger_;  // Keeps the database open.
  const TreeSize size_;
  std::uint8_t layer_ = 0;
  std::uint64_t next_ = 0;  // Entry, or node of the layer.
  bool is_complete_ = false;
  bool is_full_ = false;
  std::uint64_t batch_end_ = 0;  // Behind the last entry of the batch of the next one, if above it.
  std::unique_ptr<Cursor<LoggedEntry>> cursor_;  // While a message is made.
  std::unique_ptr<Cursor<LoggedEntry>> ahead_;   // While the end of a batch is looked for.
  std::vector<LoggedEntry> entries_;
  Bytes message_;
};

Result<StreamTurn> Dump::TakeTurn() {
  IMMUDB_ASSIGN(const bool is_complete, AddPiece());
  if (is_complete && message_.empty()) return StreamTurn{};
  if (!is_complete && !is_full_) {
    return StreamTurn{.kind = StreamTurn::Kind::kUnfinished, .held_bytes = message_.capacity()};
  }
  cursor_.reset();
  ahead_.reset();
  std::vector<LoggedEntry>().swap(entries_);
  is_full_ = false;
  return StreamTurn{.kind = StreamTurn::Kind::kMessage, .message = std::exchange(message_, {})};
}

Result<bool> Dump::AddPiece() {
  if (is_complete_ || size_.value == 0) return true;
  const std::uint64_t count = NodeCount(layer_, size_);
  if (count == 0) {
    AppendRecord(message_, {.key = Bytes(AsBytes(kSizeKey).begin(), AsBytes(kSizeKey).end()),
                            .value = BigEndian64(size_.value),
                            .mark = kEntryMark,
                            .version = size_.value});
    is_complete_ = true;
    return true;
  }
  if (layer_ > 0) {
    IMMUDB_TRY(AddNodes(count));
  } else {
    IMMUDB_TRY(ahead_ == nullptr ? AddEntries() : FindBatchEnd());
  }
  if (next_ == count) {
    next_ = 0;
    ++layer_;
  }
  return false;
}

Status Dump::AddEntries() {
  if (cursor_ == nullptr) {
    IMMUDB_ASSIGN(cursor_, ledger_->EntriesFrom({next_}));
  }
  entries_.clear();
  const std::uint64_t rows = std::min(kPieceRows, size_.value - next_);
  IMMUDB_TRY(cursor_->Read({.rows = rows, .bytes = kPieceBytes}, entries_));
  for (auto logged = entries_.begin(); logged != entries_.end(); ++logged) {
    const Entry& entry = logged->entry;
    if (next_ >= batch_end_) {
      const auto last = std::find_if(logged, entries_.end(), &EndsBatch);
      if (last == entries_.end()) return FindBatchEnd();
      batch_end_ = last->entry.index.value + 1;
    }
    if (IsFullFor(2 * entry.key.size() + entry.value.size())) return {};
    IMMUDB_TRY(AddEntry(entry));
  }
  return {};
}

// Begins, or goes on, to look for the end of the batch of the next entry, which is what 0.8.1 has
// for the version of all its entries.
Status Dump::FindBatchEnd() {
  if (ahead_ == nullptr) {
    IMMUDB_ASSIGN(ahead_, ledger_->EntriesFrom({next_}));
  }
  entries_.clear();
  IMMUDB_TRY(ahead_->Read({.rows = kPieceRows, .bytes = kPieceBytes}, entries_));
  const auto last = std::find_if(entries_.begin(), entries_.end(), &EndsBatch);
  if (last == entries_.end()) return {};
  batch_end_ = last->entry.index.value + 1;
  ahead_.reset();
  cursor_.reset();  // It stands behind the next entry by now.
  return {};
}

Status Dump::AddEntry(const Entry& entry) {
  IMMUDB_ASSIGN(const Digest hash, ledger_->Node(0, next_, size_));
  Record leaf{.key = NodeKey(0, next_),
              .value = Bytes(hash.begin(), hash.end()),
              .mark = kNodeMark,
              .version = batch_end_};
  leaf.value.insert(leaf.value.end(), entry.key.begin(), entry.key.end());
  AppendRecord(message_, leaf);
  Record record{.key = entry.key,
                .value = BigEndian64(next_ + 1),
                .mark = entry.kind == EntryKind::kSet ? kEntryMark : kReferenceMark,
                .version = batch_end_};
  record.value.insert(record.value.end(), entry.value.begin(), entry.value.end());
  AppendRecord(message_, record);
  ++next_;
  return {};
}

// 0.8.1 gives a node the version of the flush that wrote it; here that is always now.
Status Dump::AddNodes(std::uint64_t count) {
  const std::uint64_t end = std::min(count, next_ + kPieceRows);
  while (next_ < end && !IsFullFor(0)) {
    IMMUDB_ASSIGN(const Digest hash, ledger_->Node(layer_, next_, size_));
    AppendRecord(message_, {.key = NodeKey(layer_, next_),
                            .value = Bytes(hash.begin(), hash.end()),
                            .mark = kNodeMark,
                            .version = size_.value});
    ++next_;
  }
  return {};
}

bool Dump::IsFullFor(std::size_t bytes) {
  is_full_ = !message_.empty() && message_.size() + bytes + kRecordFramingBytesMax > kMessageBytes;
  return is_full_;
}

}  // namespace

PooledStream::TakeTurn DumpTurns(catalog::LedgerHandle ledger) {
  return [dump = std::make_shared<Dump>(std::move(ledger))] { return dump->TakeTurn(); };
}

}  // namespace immudb::api
