#include "api/gate.h"

#include <utility>

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

namespace {
constexpr std::string_view kPrefix = "Bearer ";
}  // namespace

std::optional<std::string_view> TokenOf(const rpc::Call& call) {
  std::optional<std::string_view> token = call.FindMetadata("authorization");
  if (token && token->starts_with(kPrefix)) token->remove_prefix(kPrefix.size());
  return token;
}

auth::TokenLookup FindSession(const Environment& environment, const rpc::Call& call) {
  const std::optional<std::string_view> token = TokenOf(call);
  return token ? environment.sessions.Find(*token) : auth::TokenLookup();
}

RpcStatus TokenExpired(StatusCode code) {
  return {code, "token has expired: token validation error"};
}

std::optional<RpcStatus> EnterDatabase(Context& context, auth::Access access) {
  auth::TokenLookup lookup = FindSession(*context.environment, *context.call);
  switch (lookup.state) {
    case auth::TokenState::kUnknown: return RpcStatus{StatusCode::kUnknown, "please login first"};
    case auth::TokenState::kExpired: return TokenExpired(StatusCode::kPermissionDenied);
    case auth::TokenState::kValid: break;
  }
  context.session = std::move(lookup.session);
  if (context.session.database) {
    context.ledger = context.environment->catalog.Find(*context.session.database);
  }
  if (context.ledger == nullptr) {
    return RpcStatus{StatusCode::kUnknown, "please select a database first"};
  }
  const auth::User& user = *context.session.user;
  if (!user.is_superadmin() &&
      !auth::Allows(user.PermissionFor(*context.session.database), access)) {
    return RpcStatus{StatusCode::kUnknown, "you do not have permission for this operation"};
  }
  return std::nullopt;
}

}  // namespace immudb::api
