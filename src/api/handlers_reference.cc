// Reference, SafeReference, ZAdd, SafeZAdd and ExecAllOps: on the pool for reads, where what they
// point to is looked up, then written as any batch.

#include <schema.pb.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/handlers.h"
#include "api/to_bytes.h"
#include "api/writes.h"
#include "base/error.h"
#include "immudb/operations.h"
#include "ledger/key_rules.h"

namespace immudb::api {
namespace {

// Reads the target of a ReferenceOptions or ZAddOptions.
template <typename Options>
Target TargetOf(const Options& options) {
  Target target{.key = ToBytes(options.key()), .index = {}};
  if (options.has_index()) target.index = LeafIndex{options.index().index()};
  return target;
}

template <typename Request>
std::optional<LeafIndex> TrustedIndexOf(const Request& request) {
  if (!request.has_rootindex()) return std::nullopt;
  return LeafIndex{request.rootindex().index()};
}

// 0.8.1 ends at a request without a score, which is how clients of 0.8.0 send it: in another form.
Error AbsentScore() {
  return Fail(Code::kInvalidArgument, "zAdd score not provided");
}

Result<WriteBatch> BindSetEntry(const Context& context, const schema::ZAddOptions& options,
                                std::optional<LeafIndex> since) {
  if (!options.has_score()) return AbsentScore();
  return context.ledger->BindSortedSetEntry(AsBytes(options.set()), options.score().score(),
                                            TargetOf(options), since);
}

Error EmptyKey() {
  return Fail(Code::kLimitExceeded, "Key cannot be empty");
}

// Reference alone lets an empty name or key pass until it is used; the refusal is another one then.
// Source: 0.8.1.
Result<WriteBatch> BindReference(const Ledger& ledger, const schema::ReferenceOptions& options) {
  const BytesView name = AsBytes(options.reference());
  if (options.key().empty() && !options.has_index()) {
    if (ledger::IsReservedKey(name)) return Fail(Code::kInvalidArgument, "invalid reference");
    return EmptyKey();
  }
  if (!name.empty()) return ledger.BindReference(name, TargetOf(options));
  IMMUDB_TRY(ledger.BindReference(AsBytes("any"), TargetOf(options)));
  return EmptyKey();
}

Result<Operation> OperationOf(schema::Op& op) {
  switch (op.operation_case()) {
    case schema::Op::kKVs:
      return SetOperation{.key = ToBytes(op.kvs().key()), .value = ToBytes(op.kvs().value())};
    case schema::Op::kZOpts:
      if (!op.zopts().has_score()) return AbsentScore();
      return SortedSetOperation{.set = ToBytes(op.zopts().set()),
                                .score = op.zopts().score().score(),
                                .target = TargetOf(op.zopts())};
    case schema::Op::kROpts:
      return ReferenceOperation{.name = ToBytes(op.ropts().reference()),
                                .target = TargetOf(op.ropts())};
    case schema::Op::OPERATION_NOT_SET: break;
  }
  return Fail(Code::kInvalidArgument, "operation is not set");
}

}  // namespace

void Reference(const Context& context, schema::ReferenceOptions& request) {
  Result<WriteBatch> batch = BindReference(*context.ledger, request);
  if (!batch) return context.Refuse(batch.error());
  Write(context, *std::move(batch));
}

void SafeReference(const Context& context, schema::SafeReferenceOptions& request) {
  const std::optional<LeafIndex> since = TrustedIndexOf(request);
  Result<WriteBatch> batch = context.ledger->BindReference(AsBytes(request.ro().reference()),
                                                           TargetOf(request.ro()), since);
  if (!batch) return context.Refuse(batch.error());
  WriteProven(context, *std::move(batch), since);
}

void AddToSet(const Context& context, schema::ZAddOptions& request) {
  Result<WriteBatch> batch = BindSetEntry(context, request, std::nullopt);
  if (!batch) return context.Refuse(batch.error());
  Write(context, *std::move(batch));
}

void SafeAddToSet(const Context& context, schema::SafeZAddOptions& request) {
  const std::optional<LeafIndex> since = TrustedIndexOf(request);
  Result<WriteBatch> batch = BindSetEntry(context, request.zopts(), since);
  if (!batch) return context.Refuse(batch.error());
  WriteProven(context, *std::move(batch), since);
}

void ExecuteAll(const Context& context, schema::Ops& request) {
  std::vector<Operation> operations;
  operations.reserve(static_cast<std::size_t>(request.operations_size()));
  for (schema::Op& op : *request.mutable_operations()) {
    Result<Operation> operation = OperationOf(op);
    if (!operation) return context.Refuse(operation.error());
    operations.push_back(*std::move(operation));
  }
  Result<WriteBatch> batch = context.ledger->BindOperations(operations);
  if (!batch) return context.Refuse(batch.error());
  Write(context, *std::move(batch));
}

}  // namespace immudb::api
