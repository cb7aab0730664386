// The statuses of calls as errors of this library, with words that say what to do.

#pragma once

#include <string>

#include "client/transport.h"
#include "immudb/result.h"

namespace immudb::client {

// Returns what went wrong. `server` is where the call went, in words. A verified call whose trusted
// state the server does not have is kConflict.
// Requires: reply.code is not kOk.
// Source: the codes and texts of immudb 0.8.1, whose servers give most refusals one code.
Error ErrorOf(const RpcReply& reply, const std::string& server);

}  // namespace immudb::client
