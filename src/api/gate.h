// Who may make a call: from the token in its metadata to a session, a database and a right.

#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "api/context.h"
#include "auth/session_table.h"
#include "auth/user.h"
#include "rpc/call.h"

namespace immudb::api {

// The token a call carries: the first value of `authorization`, without a leading "Bearer ". Empty
// if the header is there without one. Source: immudb 0.8.1.
std::optional<std::string_view> TokenOf(const rpc::Metadata& metadata);
inline std::optional<std::string_view> TokenOf(const rpc::Call& call) {
  return TokenOf(call.metadata());
}

// Looks the token of `call` up; a call without one is like one with an unknown token.
auth::TokenLookup FindSession(const Environment& environment, const rpc::Metadata& metadata);
inline auth::TokenLookup FindSession(const Environment& environment, const rpc::Call& call) {
  return FindSession(environment, call.metadata());
}

// The session of a call that needs one of its own, or why it is refused: with `missing` if there is
// none.
std::variant<auth::Session, rpc::RpcStatus> RequireSession(const Context& context,
                                                           rpc::RpcStatus missing);

// Refuses callers from other machines while there are no logins.
std::optional<rpc::RpcStatus> CheckPeer(const Context& context);

// Refuses to let passwords and rights be set where they can be read or changed on their way.
std::optional<rpc::RpcStatus> CheckManagementPeer(const Context& context);

// Fills in the session and ledger of a call on a database, or returns why it is refused. The ledger
// stays null if the database is to be opened first.
std::optional<rpc::RpcStatus> EnterDatabase(Context& context, auth::Access access);

// The server runs with authentication off: there are no users to manage.
bool ManagementIsOff(const Environment& environment);

// Refusals that several methods share, with 0.8.1's texts.
rpc::RpcStatus NotLoggedIn(const Environment& environment);
rpc::RpcStatus TokenExpired(rpc::StatusCode code);
rpc::RpcStatus OnlyWithAuthentication();

}  // namespace immudb::api
