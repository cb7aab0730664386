// Acts that change who may do what, or how the server runs: none happens without its record in the
// audit trail.

#pragma once

#include <functional>
#include <string>

#include "api/context.h"
#include "auth/session_table.h"
#include "catalog/audit_event.h"
#include "rpc/status.h"

namespace immudb::api {

// Records `event` as done by the caller, then runs `act` and answers with what it returns: an empty
// message if that is OK. All of it on the pool for reads, where `act` may block. If the event
// cannot be recorded, the call is refused and nothing else happens. If the act fails after all, a
// second event says so.
void RecordAndAct(const Context& context, catalog::AuditEvent event,
                  std::function<rpc::RpcStatus()> act);

// A refusal with 0.8.1's most common code.
rpc::RpcStatus UnknownError(std::string text);

// A failure within an act. What the server's own files refuse is told as everywhere; anything else
// has its text from 0.8.1 and is told with `code`.
rpc::RpcStatus ActFailure(const Error& error, rpc::StatusCode code);

}  // namespace immudb::api
