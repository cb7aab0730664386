#include "api/dump.h"

#include <algorithm>
#include <atomic>
#include <string_view>
#include <utility>
#include <vector>

#include "api/pieces.h"
#include "api/status.h"
#include "api/tree_nodes.h"
#include "api/wire.h"
#include "base/byte_ledger.h"
#include "base/check.h"
#include "base/error.h"
#include "base/mutex.h"
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

}  // namespace

// Makes one message at a time: Pull starts it, tasks of the pool take turns until it is full.
class DumpStream::Maker : public std::enable_shared_from_this<Maker> {
 public:
  Maker(Environment& environment, catalog::LedgerHandle ledger)
      : environment_(environment),
        ledger_(std::move(ledger)),
        size_{ledger_->statistics().entries},
        charge_(environment.unfinished_replies) {}

  Next Pull(const std::function<void()>& wake);
  void Abandon() { abandoned_.store(true, std::memory_order_relaxed); }

 private:
  enum class State : std::uint8_t { kIdle, kWorking, kReady };

  // Posts one turn of the work; false if the pool takes no more.
  bool Post();
  void Work();
  void End(rpc::RpcStatus status);
  void Finish(Next next);
  // Adds to message_, and sets is_full_ if it is full; returns whether the dump is complete.
  Result<bool> AddPiece();
  Status AddEntries();
  Status AddEntry(const Entry& entry);
  Status FindBatchEnd();
  Status AddNodes(std::uint64_t count);
  // Whether `bytes` more have to wait for the next message.
  bool IsFullFor(std::size_t bytes);

  Environment& environment_;
  const catalog::LedgerHandle ledger_;  // Keeps the database open.
  const TreeSize size_;
  std::atomic<bool> abandoned_{false};

  // Of the task at work; while there is none, of Pull.
  std::uint8_t layer_ = 0;
  std::uint64_t next_ = 0;  // Entry, or node of the layer.
  bool is_complete_ = false;
  bool is_full_ = false;
  std::uint64_t batch_end_ = 0;  // Behind the last entry of the batch of the next one, if above it.
  std::unique_ptr<Cursor<LoggedEntry>> cursor_;  // While a message is made.
  std::unique_ptr<Cursor<LoggedEntry>> ahead_;   // While the end of a batch is looked for.
  std::vector<LoggedEntry> entries_;
  Bytes message_;
  ByteCharge charge_;

  Mutex mutex_;
  State state_ IMMUDB_GUARDED_BY(mutex_) = State::kIdle;
  Next ready_ IMMUDB_GUARDED_BY(mutex_);
  std::function<void()> wake_ IMMUDB_GUARDED_BY(mutex_);
};

rpc::MessageStream::Next DumpStream::Maker::Pull(const std::function<void()>& wake) {
  const Next later{.kind = Next::Kind::kLater, .message = {}, .status = {}};
  {
    const MutexLock lock(mutex_);
    if (state_ == State::kReady) {
      state_ = State::kIdle;
      charge_.Shrink(charge_.bytes());
      return std::exchange(ready_, {});
    }
    wake_ = wake;
    if (state_ == State::kWorking) return later;
    state_ = State::kWorking;
  }
  if (Post()) return later;
  const MutexLock lock(mutex_);
  state_ = State::kIdle;
  return {.kind = Next::Kind::kEnd, .message = {}, .status = TooManyReads()};
}

bool DumpStream::Maker::Post() {
  return environment_.long_reads.Post([maker = shared_from_this()] { maker->Work(); });
}

void DumpStream::Maker::Work() {
  if (abandoned_.load(std::memory_order_relaxed)) return;
  const Result<bool> complete = AddPiece();
  if (!complete) return End(StatusFor(complete.error()));
  if (!charge_.Grow(message_.capacity() - charge_.bytes())) {
    return End(StatusFor(TooManyUnfinishedReplies(environment_)));
  }
  if (*complete && message_.empty()) return End({});
  if (*complete || is_full_) {
    return Finish({.kind = Next::Kind::kMessage, .message = std::move(message_), .status = {}});
  }
  if (!Post()) End(TooManyReads());
}

void DumpStream::Maker::End(rpc::RpcStatus status) {
  Finish({.kind = Next::Kind::kEnd, .message = {}, .status = std::move(status)});
}

void DumpStream::Maker::Finish(Next next) {
  // Whoever sees the message may have the next one made at once.
  cursor_.reset();
  ahead_.reset();
  std::vector<LoggedEntry>().swap(entries_);
  message_ = Bytes();
  is_full_ = false;
  std::function<void()> wake;
  {
    const MutexLock lock(mutex_);
    ready_ = std::move(next);
    state_ = State::kReady;
    wake = std::exchange(wake_, nullptr);
  }
  wake();
}

Result<bool> DumpStream::Maker::AddPiece() {
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

Status DumpStream::Maker::AddEntries() {
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
Status DumpStream::Maker::FindBatchEnd() {
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

Status DumpStream::Maker::AddEntry(const Entry& entry) {
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
Status DumpStream::Maker::AddNodes(std::uint64_t count) {
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

bool DumpStream::Maker::IsFullFor(std::size_t bytes) {
  is_full_ = !message_.empty() && message_.size() + bytes + kRecordFramingBytesMax > kMessageBytes;
  return is_full_;
}

DumpStream::DumpStream(Environment& environment, catalog::LedgerHandle ledger)
    : maker_(std::make_shared<Maker>(environment, std::move(ledger))) {}

DumpStream::~DumpStream() {
  maker_->Abandon();
}

rpc::MessageStream::Next DumpStream::Pull(const std::function<void()>& wake) {
  return maker_->Pull(wake);
}

}  // namespace immudb::api
