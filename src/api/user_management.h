// What the handlers about users share.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/context.h"
#include "catalog/audit_event.h"
#include "rpc/status.h"

namespace immudb::api {

using Refusal = std::optional<rpc::RpcStatus>;

inline constexpr std::string_view kNoPermission = "you do not have permission on this database";

// Whether a call about users needs a token while the server is maintained.
enum class Maintenance : std::uint8_t { kNeedsNoToken, kNeedsToken };

// Fills in the session of a call about users, or returns why it is refused: with `missing` if it
// has no token.
Refusal EnterManagement(Context& context, Maintenance in_maintenance, rpc::RpcStatus missing);

catalog::AuditEvent UserEvent(catalog::EventKind kind, std::string subject);

bool Administers(const auth::Session& session, std::string_view database);

Refusal CheckDatabaseLength(std::string_view database);

// Runs `work` with a verifier for `password` on the pool for hashes.
void WithVerifier(const Context& context, std::string password,
                  std::function<void(std::string verifier)> work);

void Wipe(std::string& secret);

}  // namespace immudb::api
