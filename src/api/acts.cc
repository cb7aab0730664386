#include "api/acts.h"

#include <utility>

#include "api/status.h"
#include "base/log.h"

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

void RecordAndAct(const Context& context, catalog::AuditEvent event,
                  std::function<RpcStatus()> act) {
  event.actor = context.session.user == nullptr ? "" : context.session.user->name;
  event.address = context.peer().address;
  context.OnReadPool([context, event = std::move(event), act = std::move(act)]() mutable {
    catalog::AuditTrail& audit = context.environment->catalog.audit();
    if (const Status recorded = audit.AppendAndWait(event); !recorded) {
      return context.Refuse(recorded.error());
    }
    RpcStatus done = act();
    if (done.ok()) return context.Reply({});
    event.reason = "not done: " + done.message;
    if (const Status recorded = audit.AppendAndWait(event); !recorded) {
      Log(LogLevel::kError,
          "the audit trail has an act that was not done, and could not be told: {}",
          recorded.error().message);
    }
    context.Refuse(std::move(done));
  });
}

RpcStatus UnknownError(std::string text) {
  return {StatusCode::kUnknown, std::move(text)};
}

RpcStatus ActFailure(const Error& error, StatusCode code) {
  switch (error.code) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kExists:
    case Code::kConflict:
    case Code::kDenied: return {code, error.message};
    default: return StatusFor(error);
  }
}

}  // namespace immudb::api
