// ChangePassword, ChangePermission, SetActiveUser. Source of the checks, their order and texts:
// immudb 0.8.1; auth/rights.h says where its rules were too weak.
//
// Each decides twice: before the act is recorded, and about the user as he is when it is done.

#include <schema.pb.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/acts.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "api/login_refusal.h"
#include "api/user_management.h"
#include "auth/credential_rules.h"
#include "auth/rights.h"
#include "base/error.h"
#include "base/log.h"
#include "catalog/names.h"

namespace immudb::api {

using auth::User;
using catalog::AuditEvent;
using catalog::EventKind;
using rpc::RpcStatus;
using rpc::StatusCode;

namespace {

constexpr std::size_t kGrantsMax = 4096;

Refusal NotAdministrator(const auth::Session& session) {
  if (session.is_superadmin() || auth::AdministersAny(*session.user)) return std::nullopt;
  return UnknownError("user is not system admin nor admin in any of the databases");
}

// Whether the caller may reset the password of a user, or switch him on and off.
bool MayManage(const auth::Session& session, const User& target) {
  return session.is_superadmin() || auth::MayManage(*session.user, target);
}

RpcStatus NotYours(std::string_view name) {
  return UnknownError(Text("user {} was not found or it was not created by you", name));
}

// Replaces the password of the target, about whom the decision is made once more: his rights may
// have grown meanwhile.
void StorePassword(const Context& context, const std::string& target, std::string verifier) {
  RecordAndAct(context, UserEvent(EventKind::kPasswordChanged, target),
               [context, target, verifier = std::move(verifier)] {
                 const Status changed = context.environment->users.Change(
                     target, [&context, &verifier](User& user) -> Status {
                       if (!MayManage(context.session, user)) {
                         return Fail(Code::kDenied, "{}", NotYours(user.name).message);
                       }
                       user.verifier = verifier;
                       return {};
                     });
                 return changed ? RpcStatus() : ActFailure(changed.error(), StatusCode::kUnknown);
               });
}

// A new password is as good as a first one; but the superadmin may go back to the one that every
// script knows, which opens the door to this machine only.
Refusal CheckNewPassword(const std::string& target, std::string_view password) {
  if (password.empty()) return UnknownError("password is empty");
  if (target == auth::kSuperadminName && password == auth::kSuperadminDefaultPassword) {
    return std::nullopt;
  }
  if (const Status checked = auth::CheckPassword(password); !checked) {
    return RpcStatus{StatusCode::kInvalidArgument, checked.error().message};
  }
  return std::nullopt;
}

// The superadmin changes his own password, and shows the old one first. That is a login in all but
// the token: slow, and slowed down for who guesses.
void ChangeOwnPassword(const Context& context, std::string old_password, std::string new_password) {
  const bool accepted =
      context.environment->hashing.Post([context, old_password = std::move(old_password),
                                         new_password = std::move(new_password)]() mutable {
        const LogScope scope(context.call->request_id());
        const std::string name(auth::kSuperadminName);
        const Result<auth::LoginDecision> decision =
            context.environment->authenticator.Decide({.user = name,
                                                       .password = old_password,
                                                       .address = context.peer().address,
                                                       .is_loopback = context.peer().is_loopback});
        Wipe(old_password);
        if (!decision) return context.Refuse(decision.error());
        if (decision->outcome == auth::LoginOutcome::kWrongCredentials) {
          return context.Refuse({StatusCode::kPermissionDenied, "old password is incorrect"});
        }
        if (decision->outcome != auth::LoginOutcome::kAccepted) {
          return context.Refuse(RefusalFor(*decision).status);
        }
        if (Refusal refusal = CheckNewPassword(name, new_password)) {
          return context.Refuse(*std::move(refusal));
        }
        Result<std::string> verifier = context.environment->hasher.Hash(new_password);
        Wipe(new_password);
        if (!verifier) return context.Refuse(verifier.error());
        StorePassword(context, name, *std::move(verifier));
      });
  if (!accepted) {
    context.Refuse(
        {StatusCode::kResourceExhausted, "too many logins are waiting; try again later"});
  }
}

Refusal CheckPasswordChange(const Context& context, const schema::ChangePasswordRequest& request) {
  const std::string& target = request.user();
  if (Refusal refusal = NotAdministrator(context.session)) return refusal;
  if (target.empty()) return UnknownError("username can not be empty");
  const std::shared_ptr<const User> user = context.environment->users.Find(target);
  if (user == nullptr || !MayManage(context.session, *user)) return NotYours(target);
  return CheckNewPassword(target, request.newpassword());
}

Refusal CheckActivation(const Context& context, const std::string& target) {
  if (Refusal refusal = NotAdministrator(context.session)) return refusal;
  const bool is_own = target == context.session.user->name;
  if (is_own || target == auth::kSuperadminName) {
    // Whoever he is, a superadmin who is switched off could never be switched on again.
    if (is_own || context.session.is_superadmin()) {
      return UnknownError("changing your own status is not allowed");
    }
  }
  const std::shared_ptr<const User> user = context.environment->users.Find(target);
  if (user == nullptr) return UnknownError(Text("user {} not found", target));
  if (!MayManage(context.session, *user)) {
    return UnknownError(Text("{} was not created by you", target));
  }
  return std::nullopt;
}

RpcStatus InvalidArgument(std::string text) {
  return {StatusCode::kInvalidArgument, std::move(text)};
}

// The request by itself.
Refusal CheckPermissionRequest(const auth::Session& session,
                               const schema::ChangePermissionRequest& request) {
  if (request.username().empty()) return InvalidArgument("username can not be empty");
  if (request.database().empty()) return InvalidArgument("database can not be empty");
  if (!schema::PermissionAction_IsValid(request.action())) {
    return InvalidArgument("action not recognized");
  }
  if (!auth::IsAssignable(request.permission())) return InvalidArgument("unrecognized permission");
  if (request.username() == session.user->name) {
    return InvalidArgument("changing you own permissions is not allowed");
  }
  return CheckDatabaseLength(request.database());
}

// Whether the caller may change that right of `target`.
Refusal CheckPermissionChange(const auth::Session& session, const User& target,
                              std::string_view database) {
  if (!target.active) {
    return RpcStatus{StatusCode::kFailedPrecondition, Text("user {} is not active", target.name)};
  }
  // Nobody's rights are needed to keep the superadmin as he is.
  if (target.is_superadmin() || !Administers(session, database)) {
    return RpcStatus{StatusCode::kPermissionDenied, std::string(kNoPermission)};
  }
  return std::nullopt;
}

Status ChangeGrant(User& user, const schema::ChangePermissionRequest& request) {
  const auto found = std::find_if(
      user.grants.begin(), user.grants.end(),
      [&request](const auth::Grant& grant) { return grant.database == request.database(); });
  if (request.action() == schema::REVOKE) {
    if (found != user.grants.end()) user.grants.erase(found);
    return {};
  }
  if (found != user.grants.end()) {
    found->code = request.permission();
    return {};
  }
  if (user.grants.size() >= kGrantsMax) {
    return Fail(Code::kExhausted, "a user can have rights on {} databases at most", kGrantsMax);
  }
  user.grants.push_back({.database = request.database(), .code = request.permission()});
  return {};
}

// Decides once more, about the target as he is by then.
RpcStatus ChangePermissionNow(const Context& context,
                              const schema::ChangePermissionRequest& request) {
  RpcStatus refused;
  const Status changed = context.environment->users.Change(
      request.username(), [&context, &request, &refused](User& user) -> Status {
        if (Refusal refusal = CheckPermissionChange(context.session, user, request.database())) {
          refused = *std::move(refusal);
          return Fail(Code::kDenied, "{}", refused.message);
        }
        return ChangeGrant(user, request);
      });
  if (!refused.ok()) return refused;
  return changed ? RpcStatus() : ActFailure(changed.error(), StatusCode::kNotFound);
}

}  // namespace

void ChangePassword(const Context& context, schema::ChangePasswordRequest& request) {
  if (context.environment->options.maintenance) return context.Refuse(OnlyWithAuthentication());
  Context entered = context;
  Refusal refusal =
      EnterManagement(entered, Maintenance::kNeedsToken, UnknownError("please login first"));
  if (!refusal) refusal = CheckManagementPeer(entered);
  if (refusal) return context.Refuse(*std::move(refusal));

  if (request.user() == auth::kSuperadminName) {
    // Nobody else learns here whether he knows the superadmin's password.
    if (!entered.session.is_superadmin()) {
      return context.Refuse({StatusCode::kPermissionDenied, "old password is incorrect"});
    }
    return ChangeOwnPassword(entered, std::move(*request.mutable_oldpassword()),
                             std::move(*request.mutable_newpassword()));
  }
  refusal = CheckPasswordChange(entered, request);
  if (refusal) return context.Refuse(*std::move(refusal));
  WithVerifier(entered, std::move(*request.mutable_newpassword()),
               [entered, target = request.user()](std::string verifier) {
                 StorePassword(entered, target, std::move(verifier));
               });
}

void ChangePermission(const Context& context, schema::ChangePermissionRequest& request) {
  if (request.database() == catalog::kSystemDatabase) {
    return context.Refuse(UnknownError("this database can not be assigned"));
  }
  Context entered = context;
  Refusal refusal = EnterManagement(entered, Maintenance::kNeedsToken,
                                    {StatusCode::kUnauthenticated, "Please login"});
  if (!refusal) refusal = CheckManagementPeer(entered);
  if (!refusal) refusal = CheckPermissionRequest(entered.session, request);
  if (refusal) return context.Refuse(*std::move(refusal));
  const std::shared_ptr<const User> target = entered.environment->users.Find(request.username());
  if (target == nullptr) {
    return context.Refuse({StatusCode::kNotFound, Text("user {} not found", request.username())});
  }
  refusal = CheckPermissionChange(entered.session, *target, request.database());
  if (refusal) return context.Refuse(*std::move(refusal));

  AuditEvent event = UserEvent(request.action() == schema::GRANT ? EventKind::kPermissionGranted
                                                                 : EventKind::kPermissionRevoked,
                               request.username());
  event.database = request.database();
  event.permission = request.permission();
  RecordAndAct(entered, std::move(event),
               [entered, request] { return ChangePermissionNow(entered, request); });
}

void SetActiveUser(const Context& context, schema::SetActiveUserRequest& request) {
  if (request.username().empty()) {
    return context.Refuse(UnknownError("username can not be empty"));
  }
  Context entered = context;
  Refusal refusal =
      EnterManagement(entered, Maintenance::kNeedsNoToken, UnknownError("please login first"));
  if (!refusal) refusal = CheckManagementPeer(entered);
  if (!refusal) refusal = CheckActivation(entered, request.username());
  if (refusal) return context.Refuse(*std::move(refusal));

  const bool active = request.active();
  RecordAndAct(entered,
               UserEvent(active ? EventKind::kUserActivated : EventKind::kUserDeactivated,
                         request.username()),
               [entered, active, target = request.username()] {
                 const Status changed = entered.environment->users.Change(
                     target, [&entered, active](User& user) -> Status {
                       if (!MayManage(entered.session, user)) {
                         return Fail(Code::kDenied, "{} was not created by you", user.name);
                       }
                       user.active = active;
                       return {};
                     });
                 return changed ? RpcStatus() : ActFailure(changed.error(), StatusCode::kUnknown);
               });
}

}  // namespace immudb::api
