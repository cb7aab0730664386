// CurrentRoot, Inclusion, Consistency.

#include <schema.pb.h>

#include "api/encode.h"
#include "api/handlers.h"

namespace immudb::api {

// Answered at once: the newest root is always in memory.
void CurrentRoot(const Context& context, google::protobuf::Empty& /*request*/) {
  context.ReplyWith(context.ledger->Head(), EncodeRoot);
}

void Inclusion(const Context& context, schema::Index& request) {
  context.ReplyWith(context.ledger->ProveInclusion({request.index()}), EncodeInclusion);
}

void Consistency(const Context& context, schema::Index& request) {
  const LeafIndex index{request.index()};
  const Result<TreeHead> head = context.ledger->Head();
  if (head && head->size.value == 0) {
    return context.Reply(EncodeEmptyConsistency(index, *head));
  }
  context.ReplyWith(context.ledger->ProveConsistency(index), EncodeConsistency);
}

}  // namespace immudb::api
