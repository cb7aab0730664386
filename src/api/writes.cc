#include "api/writes.h"

#include <utility>

#include "api/encode.h"
#include "base/log.h"

namespace immudb::api {

void Write(const Context& context, WriteBatch batch) {
  Ledger& ledger = *context.ledger;
  ledger.Submit(std::move(batch), [context](const Result<CommitResult>& result) {
    context.ReplyWith(result,
                      [](const CommitResult& committed) { return EncodeIndex(committed.last); });
  });
}

void WriteProven(const Context& context, WriteBatch batch, std::optional<LeafIndex> since) {
  Ledger& ledger = *context.ledger;
  ledger.Submit(std::move(batch), [context, since](const Result<CommitResult>& result) {
    const LogScope scope(context.call->request_id());
    if (!result) return context.Refuse(result.error());
    const LeafIndex index = result->last;
    const TreeSize size{index.value + 1};
    const Result<EntryProof> proof = context.ledger->TryProve(index, size, since);
    if (proof || proof.error().code != Code::kUnavailable) {
      return context.ReplyWith(proof, EncodeProof);
    }
    // An old part of the tree has to come from the disk, for which commits must not wait.
    context.OnReadPool([context, index, size, since] {
      context.ReplyWith(context.ledger->Prove(index, size, since), EncodeProof);
    });
  });
}

}  // namespace immudb::api
