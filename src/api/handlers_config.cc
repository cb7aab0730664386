// UpdateAuthConfig, UpdateMTLSConfig: settings that outlive the server, in the configuration file
// that it was started with.
//
// immudb 0.8.1 edited a file in its working directory that nobody reads, and left authentication as
// it was. Here the file comes first; what cannot be made lasting is not done.

#include <schema.pb.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/acts.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "base/error.h"
#include "base/log.h"

namespace immudb::api {

using rpc::RpcStatus;
using rpc::StatusCode;

namespace {

constexpr std::uint32_t kKindNone = 0;
constexpr std::uint32_t kKindPassword = 1;

// Without logins everything would be open to this machine: not while there is anything of others.
bool NeedsLogins(const Environment& environment) {
  return environment.catalog.has_user_databases() || environment.users.List().size() > 1;
}

void StoreSetting(const Context& context, std::string_view option, bool value,
                  const std::function<void()>& apply) {
  if (std::optional<RpcStatus> refusal = CheckManagementPeer(context)) {
    return context.Refuse(*std::move(refusal));
  }
  std::string label(option == "mtls" ? "MTLS" : option);
  RecordAndAct(context,
               {.kind = catalog::EventKind::kConfigurationChanged,
                .actor = "",
                .subject = "",
                .address = "",
                .reason = "",
                .detail = Text("{} = {}", option, value)},
               [context, option = std::string(option), label, value, apply] {
                 const auto& store = context.environment->options.store_setting;
                 const Status stored =
                     store ? store(option, value)
                           : Status(Fail(Code::kNotFound, "the server has no configuration file"));
                 if (!stored) {
                   Log(LogLevel::kError, "{} could not be set to {}: {}", option, value,
                       stored.error().message);
                   return UnknownError(Text("{} could not be set to {}: {}", label, value,
                                            stored.error().code == Code::kNotFound
                                                ? stored.error().message
                                                : "the configuration file could not be changed"));
                 }
                 apply();
                 return RpcStatus();
               });
}

}  // namespace

void UpdateAuthConfig(const Context& context, schema::AuthConfig& request) {
  const std::uint32_t kind = request.kind();
  if (kind != kKindNone && kind != kKindPassword) {
    return context.Refuse({StatusCode::kInvalidArgument,
                           "unknown kind of authentication: 0 is none, 1 is by password"});
  }
  if (kind == kKindNone && NeedsLogins(*context.environment)) {
    return context.Refuse(
        {StatusCode::kFailedPrecondition,
         "authentication must be on: there are users or databases that it protects"});
  }
  const bool on = kind == kKindPassword;
  std::atomic<bool>& auth_is_on = context.environment->auth_is_on;
  StoreSetting(context, "auth", on, [&auth_is_on, on] { auth_is_on = on; });
}

// Counts from the next start on.
void UpdateMTLSConfig(const Context& context, schema::MTLSConfig& request) {
  StoreSetting(context, "mtls", request.enabled(), [] {});
}

}  // namespace immudb::api
