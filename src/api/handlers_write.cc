// Set, SafeSet, SetBatch and their structured forms. On the loop of the network, which they do not
// hold up; large requests on the pool for reads.

#include <schema.pb.h>

#include <optional>
#include <string>
#include <utility>

#include "api/handlers.h"
#include "api/writes.h"
#include "base/error.h"

namespace immudb::api {
namespace {

// A key that cannot be stored is the more important refusal; looking it up tells.
void RefuseTrustedIndex(const Context& context, BytesView key, Error refusal) {
  context.OnReadPool([context, key = Bytes(key.begin(), key.end()), refusal = std::move(refusal)] {
    const Result<Entry> found = context.ledger->Get(key);
    const bool is_bad_key = !found && found.error().code == Code::kInvalidArgument;
    context.Refuse(is_bad_key ? found.error() : refusal);
  });
}

void WriteOneProven(const Context& context, BytesView key, BytesView value,
                    std::optional<LeafIndex> since) {
  Status trusted = context.ledger->CheckTrustedIndex(since);
  if (!trusted) return RefuseTrustedIndex(context, key, std::move(trusted).error());
  WriteBatch batch;
  batch.Set(key, value);
  WriteProven(context, std::move(batch), since);
}

Error AbsentContent() {
  return Fail(Code::kLimitExceeded, "proto: Marshal called with nil");
}

}  // namespace

void Set(const Context& context, schema::KeyValue& request) {
  WriteBatch batch;
  batch.Set(AsBytes(request.key()), AsBytes(request.value()));
  Write(context, std::move(batch));
}

// A request without an entry is like one with an empty entry: its key is invalid.
void SafeSet(const Context& context, schema::SafeSetOptions& request) {
  std::optional<LeafIndex> since;
  if (request.has_rootindex()) since = LeafIndex{request.rootindex().index()};
  WriteOneProven(context, AsBytes(request.kv().key()), AsBytes(request.kv().value()), since);
}

void SetBatch(const Context& context, schema::KVList& request) {
  WriteBatch batch;
  for (const schema::KeyValue& item : request.kvs()) {
    batch.Set(AsBytes(item.key()), AsBytes(item.value()));
  }
  Write(context, std::move(batch));
}

void SetStructured(const Context& context, StructuredRequest& request) {
  SetBatchStructured(context, request);
}

void SetBatchStructured(const Context& context, StructuredRequest& request) {
  WriteBatch batch;
  for (const StructuredKeyValue& item : request.items) {
    if (!item.value) return context.Refuse(AbsentContent());
    batch.Set(item.key, EncodeContent(*item.value));
  }
  Write(context, std::move(batch));
}

void SafeSetStructured(const Context& context, StructuredRequest& request) {
  if (request.items.empty()) {
    return context.Refuse(Fail(Code::kInvalidArgument, "invalid key"));
  }
  const StructuredKeyValue& item = request.items.front();
  if (!item.value) return context.Refuse(AbsentContent());
  std::optional<LeafIndex> since;
  if (request.has_root_index) since = LeafIndex{request.root_index};
  WriteOneProven(context, item.key, EncodeContent(*item.value), since);
}

}  // namespace immudb::api
