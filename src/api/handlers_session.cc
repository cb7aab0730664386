// Health, Login, Logout, UseDatabase.

#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <algorithm>
#include <string>
#include <utility>

#include "api/gate.h"
#include "api/handlers.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "catalog/audit_event.h"
#include "catalog/names.h"

namespace immudb::api {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;

using catalog::AuditEvent;
using catalog::EventKind;
using rpc::RpcStatus;
using rpc::StatusCode;

Bytes Encode(const google::protobuf::MessageLite& message) {
  Bytes out(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(out.data());
  return out;
}

RpcStatus Throttled(std::int64_t retry_after_ms) {
  return {StatusCode::kResourceExhausted, Text("too many failed logins; try again in {} s",
                                               (retry_after_ms + kMsPerSecond - 1) / kMsPerSecond)};
}

// The refusal of a login, and what the audit trail calls it.
struct LoginRefusal {
  RpcStatus status;
  const char* reason = "";
};

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

void RefuseLogin(const Context& context, const std::string& user,
                 const auth::LoginDecision& decision) {
  LoginRefusal refusal = RefusalFor(decision);
  const bool is_known = context.environment->users.Find(user) != nullptr;
  context.environment->catalog.audit().CountFailedLogin(
      is_known ? user : "", context.call->peer().address, refusal.reason);
  context.Refuse(std::move(refusal.status));
}

// Opens the session of an accepted login.
void Admit(const Context& context, const auth::LoginDecision& decision) {
  const Result<std::string> token =
      context.environment->sessions.Open(*decision.user, std::string(catalog::kDefaultDatabase));
  if (!token) return context.Refuse(token.error());
  schema::LoginResponse response;
  response.set_token(*token);
  if (decision.is_default_password) {
    response.set_warning(
        "immudb user has the default password: please change it to ensure proper security");
  }
  context.Reply(Encode(response));
}

void LogUnrecordedLogin(const Error& error) {
  static const SystemClock clock;
  static LogLimit lines(clock);
  if (const auto left_out = lines.Allow()) {
    Log(LogLevel::kError,
        "a login could not be recorded in the audit trail: {} ({} lines left out)", error.message,
        *left_out);
  }
}

// Records an accepted login, then admits. Without a record nobody gets in but the superadmin from
// this machine, who has to mend the full disk.
void RecordAndAdmit(const Context& context, auth::LoginDecision decision) {
  const AuditEvent event = {.kind = EventKind::kLogin,
                            .actor = decision.user->name,
                            .subject = "",
                            .address = context.call->peer().address,
                            .reason = ""};
  context.environment->catalog.audit().Append(
      event, [context, decision = std::move(decision)](const Status& recorded) {
        if (!recorded) {
          const bool may_enter = decision.user->is_superadmin() && context.call->peer().is_loopback;
          LogUnrecordedLogin(recorded.error());
          if (!may_enter) return context.Refuse(recorded.error());
        }
        Admit(context, decision);
      });
}

void DecideLogin(const Context& context, const std::string& user, std::string password) {
  Result<auth::LoginDecision> decision =
      context.environment->authenticator.Decide({.user = user,
                                                 .password = password,
                                                 .address = context.call->peer().address,
                                                 .is_loopback = context.call->peer().is_loopback});
  std::fill(password.begin(), password.end(), '\0');
  if (!decision) return context.Refuse(decision.error());
  if (decision->outcome != auth::LoginOutcome::kAccepted) {
    return RefuseLogin(context, user, *decision);
  }
  RecordAndAdmit(context, *std::move(decision));
}

}  // namespace

// A probe read of the default database; the key is one that is hardly ever there.
void Health(const Context& context, google::protobuf::Empty& /*request*/) {
  context.OnReadPool([context] {
    const Ledger& ledger = *context.environment->catalog.Find(catalog::kDefaultDatabase);
    const Bytes probe = {0xff};
    const Result<Entry> found = ledger.Get(probe);
    schema::HealthResponse response;
    response.set_status(found || found.error().code == Code::kNotFound);
    response.set_version(context.environment->options.version_text);
    context.Reply(Encode(response));
  });
}

void Login(const Context& context, schema::LoginRequest& request) {
  // Answered here if it can be, so that guessing does not even fill the queue.
  const std::int64_t delay_ms = context.environment->authenticator.DelayMs(
      {.user = request.user(), .password = "", .address = context.call->peer().address});
  if (delay_ms > 0) {
    return RefuseLogin(context, request.user(),
                       {.outcome = auth::LoginOutcome::kThrottled, .retry_after_ms = delay_ms});
  }
  const bool accepted =
      context.environment->hashing.Post([context, user = std::move(*request.mutable_user()),
                                         password = std::move(*request.mutable_password())] {
        if (context.call->cancelled()) {
          return context.Refuse({StatusCode::kCancelled, "the client has gone"});
        }
        DecideLogin(context, user, password);
      });
  if (!accepted) {
    context.Refuse(
        {StatusCode::kResourceExhausted, "too many logins are waiting; try again later"});
  }
}

// Ends this session and no other.
void Logout(const Context& context, google::protobuf::Empty& /*request*/) {
  if (!TokenOf(*context.call)) {
    return context.Refuse(
        {StatusCode::kUnauthenticated, "no Authorization header found on request"});
  }
  const auth::TokenLookup lookup = FindSession(*context.environment, *context.call);
  if (lookup.state == auth::TokenState::kExpired) {
    return context.Refuse(TokenExpired(StatusCode::kUnknown));
  }
  if (lookup.state == auth::TokenState::kUnknown) {
    return context.Refuse({StatusCode::kUnauthenticated, "invalid token"});
  }
  const AuditEvent event = {.kind = EventKind::kLogout,
                            .actor = lookup.session.user->name,
                            .subject = "",
                            .address = context.call->peer().address,
                            .reason = ""};
  context.environment->catalog.audit().Append(event, [context](const Status& recorded) {
    if (!recorded) return context.Refuse(recorded.error());
    if (!context.environment->sessions.Close(*TokenOf(*context.call))) {
      return context.Refuse({StatusCode::kUnauthenticated, "not logged in"});
    }
    context.Reply({});
  });
}

void UseDatabase(const Context& context, schema::Database& request) {
  const auth::TokenLookup lookup = FindSession(*context.environment, *context.call);
  if (lookup.state == auth::TokenState::kExpired) {
    return context.Refuse(TokenExpired(StatusCode::kPermissionDenied));
  }
  if (lookup.state == auth::TokenState::kUnknown) {
    return context.Refuse({StatusCode::kUnauthenticated, "Please login"});
  }
  const std::string& name = request.databasename();
  if (name == catalog::kSystemDatabase) {
    return context.Refuse({StatusCode::kUnknown, "this database can not be selected"});
  }
  const auth::User& user = *lookup.session.user;
  if (!user.is_superadmin() && !auth::Allows(user.PermissionFor(name), auth::Access::kRead)) {
    return context.Refuse({StatusCode::kPermissionDenied,
                           "Logged in user does not have permission on this database"});
  }
  if (context.environment->catalog.Find(name) == nullptr) {
    return context.Refuse({StatusCode::kNotFound, name + " does not exist"});
  }
  const Result<std::string> token = context.environment->sessions.Open(user, name);
  if (!token) return context.Refuse(token.error());
  schema::UseDatabaseReply reply;
  reply.set_token(*token);
  context.Reply(Encode(reply));
}

}  // namespace immudb::api
