#include "api/gate.h"

#include <string>
#include <utility>

#include "catalog/names.h"

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

namespace {
constexpr std::string_view kPrefix = "Bearer ";

void DescribeTo(rpc::Call& call, const auth::Session& session) {
  call.Describe(session.user->name, session.database ? *session.database : "");
}
}  // namespace

std::optional<std::string_view> TokenOf(const rpc::Metadata& metadata) {
  std::optional<std::string_view> token = rpc::FindMetadata(metadata, "authorization");
  if (token && token->starts_with(kPrefix)) token->remove_prefix(kPrefix.size());
  return token;
}

auth::TokenLookup FindSession(const Environment& environment, const rpc::Metadata& metadata) {
  const std::optional<std::string_view> token = TokenOf(metadata);
  return token ? environment.sessions.Find(*token) : auth::TokenLookup();
}

RpcStatus NotLoggedIn(const Environment& environment) {
  return {StatusCode::kUnknown,
          environment.options.maintenance ? "please select database first" : "please login first"};
}

RpcStatus TokenExpired(StatusCode code) {
  return {code, "token has expired: token validation error"};
}

RpcStatus OnlyWithAuthentication() {
  return {StatusCode::kUnknown, "this command is available only with authentication on"};
}

std::variant<auth::Session, RpcStatus> RequireSession(const Context& context, RpcStatus missing) {
  auth::TokenLookup lookup = FindSession(*context.environment, *context.call);
  switch (lookup.state) {
    case auth::TokenState::kUnknown: return missing;
    case auth::TokenState::kExpired: return TokenExpired(StatusCode::kPermissionDenied);
    case auth::TokenState::kValid: break;
  }
  DescribeTo(*context.call, lookup.session);
  return std::move(lookup.session);
}

std::optional<RpcStatus> CheckPeer(const Context& context) {
  const Environment& environment = *context.environment;
  const bool needs_logins = environment.auth_is_on && !environment.options.maintenance;
  if (needs_logins || environment.options.dev_mode || context.peer().is_loopback) return {};
  return RpcStatus{StatusCode::kPermissionDenied,
                   "server has authentication disabled: only local connections are accepted"};
}

std::optional<RpcStatus> CheckManagementPeer(const Context& context) {
  const rpc::Peer& peer = context.peer();
  if (peer.is_loopback || peer.is_encrypted ||
      context.environment->options.allow_cleartext_management) {
    return {};
  }
  return RpcStatus{StatusCode::kPermissionDenied,
                   "users and settings are changed from other machines over TLS only: connect with "
                   "TLS, or start the server with --allow-cleartext-management"};
}

bool ManagementIsOff(const Environment& environment) {
  return !environment.auth_is_on && !environment.options.maintenance;
}

namespace {

// The session of a call on a database, or why it is refused.
std::variant<auth::Session, RpcStatus> SessionOnDatabase(const Context& context) {
  const Environment& environment = *context.environment;
  if (!environment.auth_is_on) {
    auth::Session session = auth::MaintenanceSession(std::string(catalog::kDefaultDatabase));
    DescribeTo(*context.call, session);
    return session;
  }
  return RequireSession(context, NotLoggedIn(environment));
}

}  // namespace

std::optional<RpcStatus> EnterDatabase(Context& context, auth::Access access) {
  std::variant<auth::Session, RpcStatus> session = SessionOnDatabase(context);
  if (auto* refusal = std::get_if<RpcStatus>(&session)) return std::move(*refusal);
  context.session = std::get<auth::Session>(std::move(session));
  const std::optional<std::string>& database = context.session.database;
  const catalog::Catalog& catalog = context.environment->catalog;
  if (!database || !catalog.Contains(*database)) {
    return RpcStatus{StatusCode::kUnknown, "please select a database first"};
  }
  if (!context.session.is_superadmin() &&
      !auth::Allows(context.session.user->PermissionFor(*database), access)) {
    return RpcStatus{StatusCode::kUnknown, "you do not have permission for this operation"};
  }
  context.ledger = catalog.Find(*database);
  return std::nullopt;
}

}  // namespace immudb::api
