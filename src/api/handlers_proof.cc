// CurrentRoot, Inclusion, Consistency.

#include <schema.pb.h>

#include "api/encode.h"
#include "api/handlers.h"
#include "api/root_signer.h"

namespace immudb::api {

// Answered at once, for the newest root is always in memory; a signature may have to wait for the
// disk.
void CurrentRoot(const Context& context, google::protobuf::Empty& /*request*/) {
  RootSigner* const signer = context.environment->signer;
  if (signer == nullptr) return context.ReplyWith(context.ledger->Head(), EncodeRoot);
  context.OnReadPool([context, signer] {
    context.ReplyWith(signer->Sign(*context.session.database, *context.ledger),
                      [signer](const SignedRoot& root) {
                        return EncodeSignedRoot(root.head, root.signature, signer->public_key());
                      });
  });
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
