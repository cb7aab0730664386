// How a password that was not accepted is told.

#pragma once

#include "auth/authenticator.h"
#include "rpc/status.h"

namespace immudb::api {

// The refusal of a login, and what the audit trail calls it.
struct LoginRefusal {
  rpc::RpcStatus status;
  const char* reason = "";
};

// Requires: the login was not accepted.
LoginRefusal RefusalFor(const auth::LoginDecision& decision);

}  // namespace immudb::api
