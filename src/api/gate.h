// Who may make a call: from the token in its metadata to a session, a database and a right.

#pragma once

#include <optional>
#include <string_view>

#include "api/context.h"
#include "auth/session_table.h"
#include "auth/user.h"
#include "rpc/call.h"

namespace immudb::api {

// The token a call carries: the first value of `authorization`, without a leading "Bearer ". Empty
// if the header is there without one. Source: immudb 0.8.1.
std::optional<std::string_view> TokenOf(const rpc::Call& call);

// Looks the token of `call` up; a call without one is like one with an unknown token.
auth::TokenLookup FindSession(const Environment& environment, const rpc::Call& call);

// Fills in the session and ledger of a call on a database, or returns why it is refused.
std::optional<rpc::RpcStatus> EnterDatabase(Context& context, auth::Access access);

// Refusals that several methods share, with 0.8.1's texts.
rpc::RpcStatus TokenExpired(rpc::StatusCode code);

}  // namespace immudb::api
