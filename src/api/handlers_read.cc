// Get, SafeGet, ByIndex, BySafeIndex, GetReference and their structured forms. On the pool for
// reads, for any of them may touch the disk.

#include <schema.pb.h>

#include <optional>
#include <utility>

#include "api/encode.h"
#include "api/handlers.h"

namespace immudb::api {
namespace {

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

void ReplySafeGet(const Context& context, const schema::SafeGetOptions& request, ValueForm form) {
  std::optional<LeafIndex> since;
  if (request.has_rootindex()) since = LeafIndex{request.rootindex().index()};
  ReplySafeItem(context, context.ledger->GetProven(AsBytes(request.key()), since), form);
}

}  // namespace

void Get(const Context& context, schema::Key& request) {
  ReplyItem(context, context.ledger->Get(AsBytes(request.key())), ValueForm::kPlain);
}

void GetStructured(const Context& context, schema::Key& request) {
  ReplyItem(context, context.ledger->Get(AsBytes(request.key())), ValueForm::kStructured);
}

void SafeGet(const Context& context, schema::SafeGetOptions& request) {
  ReplySafeGet(context, request, ValueForm::kPlain);
}

void SafeGetStructured(const Context& context, schema::SafeGetOptions& request) {
  ReplySafeGet(context, request, ValueForm::kStructured);
}

void GetReference(const Context& context, schema::Key& request) {
  ReplyItem(context, context.ledger->GetReferenced(AsBytes(request.key())), ValueForm::kPlain);
}

void ByIndex(const Context& context, schema::Index& request) {
  ReplyItem(context, context.ledger->At({request.index()}), ValueForm::kPlain);
}

void ByIndexStructured(const Context& context, schema::Index& request) {
  ReplyItem(context, context.ledger->At({request.index()}), ValueForm::kStructured);
}

void BySafeIndex(const Context& context, schema::SafeIndexOptions& request) {
  std::optional<LeafIndex> since;
  if (request.has_rootindex()) since = LeafIndex{request.rootindex().index()};
  ReplySafeItem(context, context.ledger->AtProven({request.index()}, since), ValueForm::kPlain);
}

}  // namespace immudb::api
