#include "api/user_management.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "api/acts.h"
#include "api/gate.h"
#include "base/log.h"
#include "catalog/names.h"

namespace immudb::api {

using catalog::AuditEvent;
using catalog::EventKind;
using rpc::RpcStatus;
using rpc::StatusCode;

// Fills in the session of a call about users, or returns why it is refused.
Refusal EnterManagement(Context& context, Maintenance in_maintenance, RpcStatus missing) {
  const Environment& environment = *context.environment;
  if (ManagementIsOff(environment)) return OnlyWithAuthentication();
  if (environment.options.maintenance && in_maintenance == Maintenance::kNeedsNoToken) {
    context.session = auth::MaintenanceSession("");
    return std::nullopt;
  }
  std::variant<auth::Session, RpcStatus> session = RequireSession(context, std::move(missing));
  if (auto* refusal = std::get_if<RpcStatus>(&session)) return std::move(*refusal);
  context.session = std::get<auth::Session>(std::move(session));
  return std::nullopt;
}

AuditEvent UserEvent(EventKind kind, std::string subject) {
  return {.kind = kind, .actor = "", .subject = std::move(subject), .address = "", .reason = ""};
}

bool Administers(const auth::Session& session, std::string_view database) {
  return session.is_superadmin() || session.user->PermissionFor(database) == auth::kPermissionAdmin;
}

void Wipe(std::string& secret) {
  std::fill(secret.begin(), secret.end(), '\0');
}

// Runs `work` with a verifier for `password` on the pool for hashes.
void WithVerifier(const Context& context, std::string password,
                  std::function<void(std::string verifier)> work) {
  const bool accepted = context.environment->hashing.Post(
      [context, password = std::move(password), work = std::move(work)]() mutable {
        const LogScope scope(context.call->request_id());
        if (context.call->cancelled()) {
          return context.Refuse({StatusCode::kCancelled, "the client has gone"});
        }
        Result<std::string> verifier = context.environment->hasher.Hash(password);
        Wipe(password);
        if (!verifier) return context.Refuse(verifier.error());
        work(*std::move(verifier));
      });
  if (!accepted) {
    context.Refuse(
        {StatusCode::kResourceExhausted, "too many logins are waiting; try again later"});
  }
}

Refusal CheckDatabaseLength(std::string_view database) {
  if (database.size() <= catalog::kDatabaseNameBytesMax) return std::nullopt;
  return RpcStatus{StatusCode::kInvalidArgument, "database name length outside of limits"};
}

}  // namespace immudb::api
