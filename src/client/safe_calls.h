// The verified calls: what is asked, and what of the answer is checked.
//
// Every step must hold, or the call is kTampered and nothing is kept:
//   - a written entry has the key and value that were sent, and an index that no trusted tree has;
//   - a read entry has the key that was asked for; or the key asked for is a reference that is
//     proven itself, and names the key of the entry;
//   - the entry is in the tree of the answer, at the index that the answer names;
//   - that tree continues the trusted one (HeadKeeper).

#pragma once

#include <functional>

#include "client/core.h"
#include "client/messages.h"
#include "immudb/async_client.h"
#include "immudb/client_types.h"

namespace immudb::client {

// A write, as it is sent and as it is to be stored.
struct SafeWrite {
  const char* method;  // On the wire.
  std::function<Bytes(Since)> encode;
  Bytes key;    // As stored.
  Bytes value;  // As stored.
};

void RunSafeWrite(Core& core, const CallPtr& call, SafeWrite write, Callback<VerifiedWrite> done);
void RunSafeGet(Core& core, const CallPtr& call, Bytes key, ValueForm form,
                Callback<VerifiedItem> done);
void RunSafeByIndex(Core& core, const CallPtr& call, LeafIndex index, ValueForm form,
                    Callback<VerifiedItem> done);
void RunSafeCurrentRoot(Core& core, const CallPtr& call, Callback<SignedHead> done);

}  // namespace immudb::client
