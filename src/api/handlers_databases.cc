// CreateDatabase, UseDatabase, DatabaseList. Source of the checks, their order and texts:
// immudb 0.8.1.

#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "api/acts.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "api/messages.h"
#include "api/status.h"
#include "catalog/audit_event.h"
#include "catalog/names.h"

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

namespace {

// Databases are listed and created while there are logins only.
std::optional<RpcStatus> EnterWithLogin(Context& context, RpcStatus missing) {
  const Environment& environment = *context.environment;
  if (!environment.auth_is_on || environment.options.maintenance) return OnlyWithAuthentication();
  std::variant<auth::Session, RpcStatus> session = RequireSession(context, std::move(missing));
  if (auto* refusal = std::get_if<RpcStatus>(&session)) return std::move(*refusal);
  context.session = std::get<auth::Session>(std::move(session));
  return std::nullopt;
}

// A new token for the database, or nothing but a refusal.
void ReplyWithSession(const Context& context, const auth::Session& session,
                      const std::string& database) {
  auth::SessionTable& sessions = context.environment->sessions;
  const Result<std::string> token = session.is_maintenance ? sessions.OpenMaintenance(database)
                                                           : sessions.Open(*session.user, database);
  if (!token) return context.Refuse(token.error());
  schema::UseDatabaseReply reply;
  reply.set_token(*token);
  context.Reply(EncodeMessage(reply));
}

std::optional<RpcStatus> CheckSelection(const auth::Session& session, const std::string& name) {
  if (name == catalog::kSystemDatabase) return UnknownError("this database can not be selected");
  const bool may = session.is_superadmin() ||
                   auth::Allows(session.user->PermissionFor(name), auth::Access::kRead);
  if (may) return std::nullopt;
  return RpcStatus{StatusCode::kPermissionDenied,
                   "Logged in user does not have permission on this database"};
}

}  // namespace

void CreateDatabase(const Context& context, schema::Database& request) {
  Context entered = context;
  std::optional<RpcStatus> refusal =
      EnterWithLogin(entered, UnknownError("could not get loggedin user data"));
  if (!refusal && !entered.session.is_superadmin()) {
    refusal = UnknownError("Logged In user does not have permissions for this operation");
  }
  const std::string name = request.databasename();
  catalog::Catalog& catalog = context.environment->catalog;
  if (const Status named = catalog::CheckDatabaseName(name); !refusal && !named) {
    refusal = UnknownError(named.error().message);
  }
  if (!refusal && catalog.Contains(name)) {
    refusal = UnknownError("database " + name + " already exists");
  }
  if (refusal) return context.Refuse(*std::move(refusal));
  RecordAndAct(entered,
               {.kind = catalog::EventKind::kDatabaseCreated,
                .actor = "",
                .subject = "",
                .address = "",
                .reason = "",
                .database = name},
               [&catalog, name] {
                 const Status created = catalog.CreateDatabase(name);
                 return created ? RpcStatus() : ActFailure(created.error(), StatusCode::kUnknown);
               });
}

void UseDatabase(const Context& context, schema::Database& request) {
  const Environment& environment = *context.environment;
  const std::string& name = request.databasename();
  if (ManagementIsOff(environment)) return context.Refuse(OnlyWithAuthentication());
  auth::Session session;
  if (environment.options.maintenance) {
    session = auth::MaintenanceSession(name);
  } else {
    std::variant<auth::Session, RpcStatus> found =
        RequireSession(context, {StatusCode::kUnauthenticated, "Please login"});
    if (auto* refusal = std::get_if<RpcStatus>(&found)) return context.Refuse(std::move(*refusal));
    session = std::get<auth::Session>(std::move(found));
    std::optional<RpcStatus> refusal = CheckSelection(session, name);
    if (refusal) return context.Refuse(*std::move(refusal));
  }
  if (!environment.catalog.Contains(name)) {
    return context.Refuse({StatusCode::kNotFound, name + " does not exist"});
  }
  ReplyWithSession(context, session, name);
}

// The superadmin sees what there is, anybody else what he was given a right on.
void DatabaseList(const Context& context, google::protobuf::Empty& /*request*/) {
  Context entered = context;
  std::optional<RpcStatus> refusal = EnterWithLogin(entered, UnknownError("please login"));
  if (refusal) return context.Refuse(*std::move(refusal));
  schema::DatabaseListResponse response;
  if (entered.session.is_superadmin()) {
    for (std::string& name : context.environment->catalog.DatabaseNames()) {
      response.add_databases()->set_databasename(std::move(name));
    }
  } else {
    for (const auth::Grant& grant : entered.session.user->grants) {
      response.add_databases()->set_databasename(grant.database);
    }
  }
  context.Reply(EncodeMessage(response));
}

}  // namespace immudb::api
