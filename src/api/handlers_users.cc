// ListUsers and CreateUser. Source of the checks, their order and texts: immudb 0.8.1.

#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/acts.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "api/messages.h"
#include "api/user_management.h"
#include "auth/credential_rules.h"
#include "auth/rights.h"
#include "base/error.h"
#include "catalog/audit_event.h"
#include "catalog/names.h"

namespace immudb::api {

using auth::User;
using catalog::AuditEvent;
using catalog::EventKind;
using rpc::RpcStatus;
using rpc::StatusCode;

namespace {

// As Go prints a time, in UTC: fractions without trailing zeros.
std::string TimeText(std::int64_t unix_us) {
  constexpr std::int64_t kUsPerSecond = 1'000'000;
  std::int64_t fraction = unix_us % kUsPerSecond;
  if (fraction < 0) fraction += kUsPerSecond;
  const std::time_t seconds = (unix_us - fraction) / kUsPerSecond;
  std::tm parts{};
  if (gmtime_r(&seconds, &parts) == nullptr) return "";
  std::string text =
      Text("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
           parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
  if (fraction != 0) {
    text += Text(".{:06}", fraction);
    text.erase(text.find_last_not_of('0') + 1);
  }
  return text + " +0000 UTC";
}

void AddUser(schema::UserList& list, const User& user) {
  schema::User* added = list.add_users();
  added->set_user(user.name);
  for (const auth::Grant& grant : user.grants) {
    schema::Permission* permission = added->add_permissions();
    permission->set_database(grant.database);
    permission->set_permission(grant.code);
  }
  added->set_createdby(user.created_by);
  added->set_createdat(TimeText(user.created_at_us));
  added->set_active(user.active);
}

Bytes EncodeVisibleUsers(const auth::Session& session, const auth::UserRegistry& users) {
  schema::UserList list;
  const bool sees_database =
      !session.is_superadmin() && session.database && Administers(session, *session.database);
  for (const std::shared_ptr<const User>& user : users.List()) {
    if (session.is_superadmin() || user->name == session.user->name) {
      AddUser(list, *user);
    } else if (sees_database && user->PermissionFor(*session.database) != auth::kPermissionNone) {
      AddUser(list, auth::AsSeenBy(*session.user, *user));
    }
  }
  return EncodeMessage(list);
}

// What the caller may give a new user, and on which database; `database` is changed to what an
// empty one stands for.
Refusal CheckFirstGrant(const Context& context, const schema::CreateUserRequest& request,
                        std::string& database) {
  const catalog::Catalog& catalog = context.environment->catalog;
  if (request.user().empty()) return UnknownError("username can not be empty");
  if (database.empty()) {
    if (catalog.has_user_databases()) {
      return UnknownError("database name can not be empty when there are multiple databases");
    }
    database = catalog::kDefaultDatabase;
  }
  if (!catalog.Contains(database)) {
    return UnknownError(Text("database {} does not exist", database));
  }
  const std::uint32_t code = request.permission();
  if (!auth::IsAssignable(code) && code != auth::kPermissionSystem) {
    return UnknownError("unrecognized permission");
  }
  if (!Administers(context.session, database)) return UnknownError(std::string(kNoPermission));
  if (code == auth::kPermissionSystem) return UnknownError("can not create another system admin");
  return std::nullopt;
}

// What a user without rights may do while the server is maintained. Source: immudb 0.8.1, which
// takes every code that it knows, and any database.
Refusal CheckFirstGrantInMaintenance(const schema::CreateUserRequest& request) {
  const std::uint32_t code = request.permission();
  const bool is_known =
      auth::IsAssignable(code) || code == auth::kPermissionNone || code == auth::kPermissionSystem;
  if (!is_known) return UnknownError("unknown permission");
  return CheckDatabaseLength(request.database());
}

Refusal CheckNewUser(const Context& context, const schema::CreateUserRequest& request,
                     std::string& database) {
  const bool maintenance = context.environment->options.maintenance;
  if (!maintenance) {
    if (Refusal refusal = CheckFirstGrant(context, request, database)) return refusal;
  }
  if (context.environment->users.Find(request.user()) != nullptr) {
    return UnknownError("user already exists");
  }
  if (const Status name = auth::CheckUserName(request.user()); !name) {
    return RpcStatus{StatusCode::kInvalidArgument, name.error().message};
  }
  if (const Status password = auth::CheckPassword(request.password()); !password) {
    return RpcStatus{StatusCode::kInvalidArgument, password.error().message};
  }
  return maintenance ? CheckFirstGrantInMaintenance(request) : std::nullopt;
}

}  // namespace

void ListUsers(const Context& context, google::protobuf::Empty& /*request*/) {
  Context entered = context;
  Refusal refusal =
      EnterManagement(entered, Maintenance::kNeedsNoToken, UnknownError("please login"));
  if (refusal) return context.Refuse(*std::move(refusal));
  entered.OnReadPool([entered] {
    entered.Reply(EncodeVisibleUsers(entered.session, entered.environment->users));
  });
}

void CreateUser(const Context& context, schema::CreateUserRequest& request) {
  Context entered = context;
  std::string database = request.database();
  Refusal refusal =
      EnterManagement(entered, Maintenance::kNeedsNoToken, UnknownError("please login"));
  if (!refusal) refusal = CheckManagementPeer(entered);
  if (!refusal) refusal = CheckNewUser(entered, request, database);
  if (refusal) return context.Refuse(*std::move(refusal));

  User user;
  user.name = std::move(*request.mutable_user());
  user.grants = {{.database = std::move(database), .code = request.permission()}};
  user.created_by = entered.session.user->name;
  user.created_at_us = entered.environment->clock.NowUnixUs();
  WithVerifier(entered, std::move(*request.mutable_password()),
               [entered, user = std::move(user)](std::string verifier) mutable {
                 AuditEvent event = UserEvent(EventKind::kUserCreated, user.name);
                 event.database = user.grants[0].database;
                 event.permission = user.grants[0].code;
                 user.verifier = std::move(verifier);
                 RecordAndAct(entered, std::move(event), [entered, user] {
                   const Status created = entered.environment->users.Create(user);
                   return created ? RpcStatus() : ActFailure(created.error(), StatusCode::kUnknown);
                 });
               });
}

}  // namespace immudb::api
