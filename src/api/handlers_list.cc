// Scan, ZScan, History, IScan, GetBatch, Count, CountAll and the structured forms of the first
// five: answers of any length, read in pieces.

#include <schema.pb.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "api/encode.h"
#include "api/handlers.h"
#include "api/pieces.h"
#include "api/to_bytes.h"
#include "api/wire.h"
#include "base/check.h"
#include "base/error.h"

namespace immudb::api {
namespace {

constexpr std::uint64_t kUnlimited = std::numeric_limits<std::uint64_t>::max();
// What a scan without a limit gives. Source: 0.8.1, where it is a limit of the storage engine.
constexpr std::uint64_t kScanItemsDefault = 104'857;

Status Append(Bytes& list, Entry& entry, ValueForm form) {
  IMMUDB_TRY(ToForm(entry, form));
  AppendListItem(list, entry, form);
  return {};
}

Status Append(Bytes& list, SortedSetItem& item, ValueForm form) {
  IMMUDB_TRY(ToForm(item.entry, form));
  AppendSetItem(list, item, form);
  return {};
}

template <typename Item>
using OpenCursor = std::function<Result<std::unique_ptr<Cursor<Item>>>(const Ledger&)>;

// A list of what a cursor yields, up to a number of items.
template <typename Item>
struct ListRead {
  OpenCursor<Item> open;
  std::uint64_t items_left = 0;
  ValueForm form = ValueForm::kPlain;
  std::unique_ptr<Cursor<Item>> cursor;  // Opened for the first piece.
  std::vector<Item> items;               // Of the reading at hand.
};

template <typename Item>
Result<bool> ReadPiece(ListRead<Item>& list, Bytes& reply) {
  const std::size_t end = reply.size() + kPieceBytes;
  std::uint64_t rows_left = kPieceRows;
  bool more = true;
  // No row is read beyond the last item that is asked for: it might fail the call.
  while (more && list.items_left > 0 && rows_left > 0 && reply.size() < end) {
    const ReadLimit limit{.rows = std::min(list.items_left, rows_left), .bytes = kPieceBytes};
    list.items.clear();
    IMMUDB_ASSIGN(more, list.cursor->Read(limit, list.items));
    IMMUDB_CHECK(list.items.size() <= limit.rows);
    for (Item& item : list.items) IMMUDB_TRY(Append(reply, item, list.form));
    list.items_left -= list.items.size();
    rows_left -= limit.rows;
  }
  return more && list.items_left > 0;
}

template <typename Item>
void ReplyWithList(const Context& context, std::uint64_t items_max, ValueForm form,
                   OpenCursor<Item> open) {
  auto list = std::make_shared<ListRead<Item>>();
  list->open = std::move(open);
  list->items_left = items_max;
  list->form = form;
  ReplyInPieces(context, [list, ledger = context.ledger](Bytes& reply) -> Result<bool> {
    if (list->cursor == nullptr) {
      IMMUDB_ASSIGN(list->cursor, list->open(*ledger));
    }
    return ReadPiece(*list, reply);
  });
}

void ReplyWithScan(const Context& context, schema::ScanOptions& request, ValueForm form) {
  KeyRange range;
  range.prefix = ToBytes(request.prefix());
  range.after = ToBytes(request.offset());
  range.order = request.reverse() ? ScanOrder::kReverse : ScanOrder::kForward;
  range.follow_references = request.deep();
  const std::uint64_t limit = request.limit() == 0 ? kScanItemsDefault : request.limit();
  ReplyWithList<Entry>(context, limit, form, [range = std::move(range)](const Ledger& ledger) {
    return ledger.Scan(range);
  });
}

void ReplyWithSet(const Context& context, schema::ZScanOptions& request, ValueForm form) {
  SortedSetRange range;
  range.set = ToBytes(request.set());
  range.after = ToBytes(request.offset());
  range.order = request.reverse() ? ScanOrder::kReverse : ScanOrder::kForward;
  if (request.has_min()) range.min_score = request.min().score();
  if (request.has_max()) range.max_score = request.max().score();
  const std::uint64_t limit = request.limit() == 0 ? kScanItemsDefault : request.limit();
  ReplyWithList<SortedSetItem>(
      context, limit, form,
      [range = std::move(range)](const Ledger& ledger) { return ledger.ScanSortedSet(range); });
}

void ReplyWithHistory(const Context& context, HistoryRange range, std::uint64_t limit,
                      ValueForm form) {
  ReplyWithList<Entry>(
      context, limit == 0 ? kUnlimited : limit, form,
      [range = std::move(range)](const Ledger& ledger) { return ledger.History(range); });
}

// One IScan.
struct PageRead {
  LeafIndex first;
  std::uint64_t items_left = 0;
  ValueForm form = ValueForm::kPlain;
  bool is_empty = true;
  bool has_next = false;  // An entry was found behind the page.
  std::unique_ptr<Cursor<LoggedEntry>> cursor;
  std::vector<LoggedEntry> items;
};

// ToForm, but for the one fault that 0.8.0 tells of in another way here.
Status ToFormOfPage(Entry& entry, ValueForm form) {
  Status formed = ToForm(entry, form);
  if (!formed && NormalizeStoredContent(entry.value).error().code == Code::kUnsupported) {
    return Fail(Code::kUnsupported, "unexpected not structured value encountered");
  }
  return formed;
}

Result<bool> ReadPage(PageRead& page, Bytes& reply) {
  // One more than the page holds, to see whether it is the last.
  const std::uint64_t wanted = page.items_left == kUnlimited ? kUnlimited : page.items_left + 1;
  page.items.clear();
  IMMUDB_ASSIGN(
      const bool more,
      page.cursor->Read({.rows = std::min(wanted, kPieceRows), .bytes = kPieceBytes}, page.items));
  for (LoggedEntry& stored : page.items) {
    page.has_next = page.items_left == 0;
    if (page.has_next) break;
    IMMUDB_TRY(ToFormOfPage(stored.entry, page.form));
    AppendListItem(reply, stored.entry, page.form);
    page.is_empty = false;
    --page.items_left;
  }
  if (more && !page.has_next) return true;
  if (page.is_empty) return Fail(Code::kNotFound, "index not found");
  // Structured pages never say so, as in 0.8.0.
  if (page.has_next && page.form == ValueForm::kPlain) AppendVarintField(reply, 3, 1);
  return false;
}

void ReplyWithPage(const Context& context, const schema::IScanOptions& request, ValueForm form) {
  auto page = std::make_shared<PageRead>();
  const std::uint64_t number = request.pagenumber() == 0 ? 1 : request.pagenumber();
  // Wraps around where it is too large, as in 0.8.1; a page of no entries has one, too.
  page->first = {(number - 1) * request.pagesize()};
  page->items_left = std::max<std::uint64_t>(request.pagesize(), 1);
  page->form = form;
  ReplyInPieces(context, [page, ledger = context.ledger](Bytes& reply) -> Result<bool> {
    if (page->cursor == nullptr) {
      IMMUDB_ASSIGN(page->cursor, ledger->EntriesFrom(page->first));
    }
    return ReadPage(*page, reply);
  });
}

// One GetBatch, which walks over its request: taken apart, that would be many times as large.
struct BatchRead {
  explicit BatchRead(BytesView request) : keys(request) {}

  WireReader keys;
  ValueForm form = ValueForm::kPlain;
};

// Reads the next of a list of messages Key. Empty if a field is another one. The request was found
// to be well formed.
Result<std::optional<BytesView>> NextKey(WireReader& keys) {
  IMMUDB_ASSIGN(const WireField element, keys.Next());
  if (element.number != 1 || element.type != WireType::kBytes) return std::nullopt;
  BytesView key;
  for (WireReader fields(element.payload); !fields.done();) {
    IMMUDB_ASSIGN(const WireField field, fields.Next());
    if (field.number == 1 && field.type == WireType::kBytes) key = field.payload;
  }
  return key;
}

Result<bool> ReadBatch(BatchRead& batch, const Ledger& ledger, Bytes& reply) {
  const std::size_t end = reply.size() + kPieceBytes;
  for (std::uint64_t row = 0; row < kPieceRows && reply.size() < end; ++row) {
    if (batch.keys.done()) return false;
    IMMUDB_ASSIGN(const std::optional<BytesView> key, NextKey(batch.keys));
    if (!key) continue;
    Result<Entry> entry = ledger.Get(*key);
    if (!entry && entry.error().code == Code::kNotFound) continue;
    if (!entry) return std::move(entry).error();
    IMMUDB_TRY(Append(reply, *entry, batch.form));
  }
  return !batch.keys.done();
}

void ReplyWithBatch(const Context& context, ValueForm form) {
  auto batch = std::make_shared<BatchRead>(context.call->request());
  batch->form = form;
  ReplyInPieces(context, [batch, ledger = context.ledger](Bytes& reply) {
    return ReadBatch(*batch, *ledger, reply);
  });
}

// Answers with the number that a cursor yields at its end, and `added`.
void ReplyWithCount(const Context& context, std::uint64_t added, OpenCursor<std::uint64_t> open) {
  auto counting = std::make_shared<ListRead<std::uint64_t>>();
  counting->open = std::move(open);
  ReplyInPieces(context, [counting, added, ledger = context.ledger](Bytes& reply) -> Result<bool> {
    if (counting->cursor == nullptr) {
      IMMUDB_ASSIGN(counting->cursor, counting->open(*ledger));
    }
    IMMUDB_ASSIGN(const bool more, counting->cursor->Read({.rows = kPieceRows}, counting->items));
    if (more) return true;
    IMMUDB_CHECK(counting->items.size() == 1);
    reply = EncodeCount(counting->items.front() + added);
    return false;
  });
}

}  // namespace

void Scan(const Context& context, schema::ScanOptions& request) {
  ReplyWithScan(context, request, ValueForm::kPlain);
}

void ScanStructured(const Context& context, schema::ScanOptions& request) {
  ReplyWithScan(context, request, ValueForm::kStructured);
}

void ScanSet(const Context& context, schema::ZScanOptions& request) {
  ReplyWithSet(context, request, ValueForm::kPlain);
}

void ScanSetStructured(const Context& context, schema::ZScanOptions& request) {
  ReplyWithSet(context, request, ValueForm::kStructured);
}

void History(const Context& context, schema::HistoryOptions& request) {
  HistoryRange range;
  range.key = ToBytes(request.key());
  range.order = request.reverse() ? ScanOrder::kReverse : ScanOrder::kForward;
  if (request.offset() != 0) range.after = LeafIndex{request.offset()};
  ReplyWithHistory(context, std::move(range), request.limit(), ValueForm::kPlain);
}

void HistoryStructured(const Context& context, schema::Key& request) {
  ReplyWithHistory(context, {.key = ToBytes(request.key()), .after = {}}, 0,
                   ValueForm::kStructured);
}

void ScanIndexes(const Context& context, schema::IScanOptions& request) {
  ReplyWithPage(context, request, ValueForm::kPlain);
}

void ScanIndexesStructured(const Context& context, schema::IScanOptions& request) {
  ReplyWithPage(context, request, ValueForm::kStructured);
}

void GetBatch(const Context& context) {
  ReplyWithBatch(context, ValueForm::kPlain);
}

void GetBatchStructured(const Context& context) {
  ReplyWithBatch(context, ValueForm::kStructured);
}

void Count(const Context& context, schema::KeyPrefix& request) {
  ReplyWithCount(context, 0, [key = ToBytes(request.prefix())](const Ledger& ledger) {
    return ledger.CountVersions(key);
  });
}

// 0.8.1 counts the leaf of each entry, too. Those that come while the keys are counted belong to
// neither number or to the keys alone.
void CountAll(const Context& context, google::protobuf::Empty& /*request*/) {
  ReplyWithCount(context, context.ledger->statistics().entries,
                 [](const Ledger& ledger) { return ledger.CountKeys(); });
}

}  // namespace immudb::api
