// Get, SafeGet, GetBatch, ByIndex, BySafeIndex and the structured forms of the first three: on the
// pool for reads, for any of them may touch the disk.

#include <schema.pb.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/encode.h"
#include "api/handlers.h"
#include "base/error.h"

namespace immudb::api {
namespace {

// Turns the stored value of `entry` into what a structured call answers.
// Errors: kLimitExceeded with the text of the fault if it is no structured value, as 0.8.0 has it.
Status ToForm(Entry& entry, ValueForm form) {
  if (form == ValueForm::kPlain) return {};
  Result<Bytes> value = NormalizeStoredContent(entry.value);
  if (!value) return Fail(Code::kLimitExceeded, "{}", value.error().message);
  entry.value = *std::move(value);
  return {};
}

void ReplyItem(const Context& context, Result<Entry> entry, ValueForm form) {
  if (!entry) return context.Refuse(entry.error());
  const Status formed = ToForm(*entry, form);
  if (!formed) return context.Refuse(formed.error());
  context.Reply(EncodeItem(*entry, form));
}

void ReplySafeItem(const Context& context, Result<ProvenEntry> proven, ValueForm form) {
  if (!proven) return context.Refuse(proven.error());
  const Status formed = ToForm(proven->entry, form);
  if (!formed) return context.Refuse(formed.error());
  context.Reply(EncodeSafeItem(*proven, form));
}

void GetItem(const Context& context, std::string key, ValueForm form) {
  context.OnReadPool([context, key = std::move(key), form] {
    ReplyItem(context, context.ledger->Get(AsBytes(key)), form);
  });
}

void GetSafeItem(const Context& context, schema::SafeGetOptions& request, ValueForm form) {
  std::optional<LeafIndex> since;
  if (request.has_rootindex()) since = LeafIndex{request.rootindex().index()};
  context.OnReadPool([context, key = std::move(*request.mutable_key()), since, form] {
    ReplySafeItem(context, context.ledger->GetProven(AsBytes(key), since), form);
  });
}

// One GetBatch. It takes its turn again after some keys, so that a long one does not keep a thread
// of the pool to itself.
struct BatchRead {
  Context context;
  ValueForm form = ValueForm::kPlain;
  std::vector<std::string> keys;
  std::size_t next = 0;
  Bytes list;  // The encoded reply so far.
};

constexpr std::size_t kKeysPerTurn = 256;

void ContinueBatch(const std::shared_ptr<BatchRead>& read) {
  const Context& context = read->context;
  for (std::size_t turn = 0; turn < kKeysPerTurn && read->next < read->keys.size(); ++turn) {
    Result<Entry> entry = context.ledger->Get(AsBytes(read->keys[read->next++]));
    if (!entry && entry.error().code == Code::kNotFound) continue;
    if (!entry) return context.Refuse(entry.error());
    const Status formed = ToForm(*entry, read->form);
    if (!formed) return context.Refuse(formed.error());
    AppendListItem(read->list, *entry, read->form);
    if (read->list.size() > context.environment->options.reply_bytes_max) break;
  }
  const bool is_too_large = read->list.size() > context.environment->options.reply_bytes_max;
  if (is_too_large || read->next == read->keys.size()) {
    return context.Reply(std::move(read->list));
  }
  // The task's copy and the pool's share the read; only one of them runs at a time.
  context.OnReadPool([read] { ContinueBatch(read); });
}

void GetList(const Context& context, schema::KeyList& request, ValueForm form) {
  auto read = std::make_shared<BatchRead>();
  read->context = context;
  read->form = form;
  read->keys.reserve(static_cast<std::size_t>(request.keys_size()));
  for (schema::Key& key : *request.mutable_keys()) {
    read->keys.push_back(std::move(*key.mutable_key()));
  }
  read->context.OnReadPool([read] { ContinueBatch(read); });
}

}  // namespace

void Get(const Context& context, schema::Key& request) {
  GetItem(context, std::move(*request.mutable_key()), ValueForm::kPlain);
}

void GetStructured(const Context& context, schema::Key& request) {
  GetItem(context, std::move(*request.mutable_key()), ValueForm::kStructured);
}

void SafeGet(const Context& context, schema::SafeGetOptions& request) {
  GetSafeItem(context, request, ValueForm::kPlain);
}

void SafeGetStructured(const Context& context, schema::SafeGetOptions& request) {
  GetSafeItem(context, request, ValueForm::kStructured);
}

void GetBatch(const Context& context, schema::KeyList& request) {
  GetList(context, request, ValueForm::kPlain);
}

void GetBatchStructured(const Context& context, schema::KeyList& request) {
  GetList(context, request, ValueForm::kStructured);
}

void ByIndex(const Context& context, schema::Index& request) {
  context.OnReadPool([context, index = LeafIndex{request.index()}] {
    ReplyItem(context, context.ledger->At(index), ValueForm::kPlain);
  });
}

void BySafeIndex(const Context& context, schema::SafeIndexOptions& request) {
  std::optional<LeafIndex> since;
  if (request.has_rootindex()) since = LeafIndex{request.rootindex().index()};
  context.OnReadPool([context, index = LeafIndex{request.index()}, since] {
    ReplySafeItem(context, context.ledger->AtProven(index, since), ValueForm::kPlain);
  });
}

}  // namespace immudb::api
