// Health, Login, Logout.

#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/gate.h"
#include "api/handlers.h"
#include "api/login_refusal.h"
#include "api/messages.h"
#include "api/status.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_limit.h"
#include "base/wipe.h"
#include "catalog/audit_event.h"
#include "catalog/names.h"

namespace immudb::api {
namespace {

using catalog::AuditEvent;
using catalog::EventKind;
using rpc::RpcStatus;
using rpc::StatusCode;

void RefuseLogin(const Context& context, const std::string& user,
                 const auth::LoginDecision& decision) {
  LoginRefusal refusal = RefusalFor(decision);
  const bool is_known = context.environment->users.Find(user) != nullptr;
  context.environment->catalog.audit().CountFailedLogin(
      is_known ? user : "", context.call->peer().address, refusal.reason);
  context.Refuse(std::move(refusal.status));
}

// What a session works on before it selects something: where there is a choice, nothing.
std::optional<std::string> FirstDatabase(const Environment& environment) {
  const bool has_choice =
      environment.catalog.has_user_databases() && !environment.options.maintenance;
  if (has_choice) return std::nullopt;
  return std::string(catalog::kDefaultDatabase);
}

// Opens the session of an accepted login.
void Admit(const Context& context, const auth::LoginDecision& decision) {
  context.call->Describe(decision.user->name, "");
  const Result<std::string> token =
      context.environment->sessions.Open(*decision.user, FirstDatabase(*context.environment));
  if (!token) return context.Refuse(token.error());
  schema::LoginResponse response;
  response.set_token(*token);
  if (decision.is_default_password) {
    response.set_warning(
        "immudb user has the default password: please change it to ensure proper security");
  }
  context.Reply(EncodeMessage(response));
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
        const LogScope scope(context.call->request_id());
        if (!recorded) {
          const bool may_enter = decision.user->is_superadmin() && context.call->peer().is_loopback;
          LogUnrecordedLogin(recorded.error());
          if (!may_enter) return context.Refuse(recorded.error());
        }
        Admit(context, decision);
      });
}

void DecideLogin(const Context& context, const std::string& user, std::string_view password) {
  Result<auth::LoginDecision> decision =
      context.environment->authenticator.Decide({.user = user,
                                                 .password = password,
                                                 .address = context.call->peer().address,
                                                 .is_loopback = context.call->peer().is_loopback});
  if (!decision) return context.Refuse(decision.error());
  if (decision->outcome != auth::LoginOutcome::kAccepted) {
    return RefuseLogin(context, user, *decision);
  }
  RecordAndAdmit(context, *std::move(decision));
}

}  // namespace

// A probe read; the key is one that is hardly ever there. A damaged database is not healthy even
// where it can be read. A token that is no good does no harm:
// clients call Health first, with whatever they have.
void Health(const Context& context, google::protobuf::Empty& /*request*/) {
  auth::TokenLookup lookup = FindSession(*context.environment, *context.call);
  std::string database(catalog::kDefaultDatabase);
  if (lookup.state == auth::TokenState::kValid && lookup.session.is_superadmin()) {
    database = lookup.session.database.value_or(database);
  }
  context.OnReadPool([context, database] {
    const Result<catalog::LedgerHandle> ledger =
        context.environment->catalog.OpenDatabase(database);
    const Bytes probe = {0xff};
    const Result<Entry> found = ledger ? (*ledger)->Get(probe) : Result<Entry>(ledger.error());
    const bool is_readable = found || found.error().code == Code::kNotFound;
    schema::HealthResponse response;
    response.set_status(is_readable && !(*ledger)->statistics().damaged);
    response.set_version(context.environment->options.version_text);
    context.Reply(EncodeMessage(response));
  });
}

void Login(const Context& context, schema::LoginRequest& request) {
  if (!context.environment->auth_is_on) {
    return context.Refuse({StatusCode::kUnknown,
                           "server is running with authentication disabled, please enable "
                           "authentication to login"});
  }
  // Answered here if it can be, so that guessing does not even fill the queue.
  const std::int64_t delay_ms = context.environment->authenticator.DelayMs(
      {.user = request.user(), .password = "", .address = context.call->peer().address});
  if (delay_ms > 0) {
    return RefuseLogin(context, request.user(),
                       {.outcome = auth::LoginOutcome::kThrottled, .retry_after_ms = delay_ms});
  }
  const bool accepted =
      context.environment->hashing.Post([context, user = std::move(*request.mutable_user()),
                                         password = Secret(*request.mutable_password())] {
        const LogScope scope(context.call->request_id());
        if (context.call->cancelled()) {
          return context.Refuse({StatusCode::kCancelled, "the client has gone"});
        }
        DecideLogin(context, user, password.view());
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

}  // namespace immudb::api
