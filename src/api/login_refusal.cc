#include "api/login_refusal.h"

#include <cstdint>

#include "base/error.h"

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

namespace {

constexpr std::int64_t kMsPerSecond = 1000;

RpcStatus Throttled(std::int64_t retry_after_ms) {
  return {StatusCode::kResourceExhausted, Text("too many failed logins; try again in {} s",
                                               (retry_after_ms + kMsPerSecond - 1) / kMsPerSecond)};
}

}  // namespace

LoginRefusal RefusalFor(const auth::LoginDecision& decision) {
  switch (decision.outcome) {
    case auth::LoginOutcome::kInactive:
      return {{StatusCode::kUnknown, "user is not active"}, "user is not active"};
    case auth::LoginOutcome::kDefaultPasswordFromAfar:
      return {{StatusCode::kPermissionDenied,
               "the default password is accepted from the server's own machine only: change it "
               "there, or start the server with --allow-default-password"},
              "default password from another machine"};
    case auth::LoginOutcome::kThrottled:
      return {Throttled(decision.retry_after_ms), "too many failures"};
    case auth::LoginOutcome::kWrongCredentials:
    case auth::LoginOutcome::kAccepted: break;
  }
  return {{StatusCode::kPermissionDenied, "invalid user name or password"}, "wrong credentials"};
}

}  // namespace immudb::api
