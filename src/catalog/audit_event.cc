#include "catalog/audit_event.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/error.h"

namespace immudb::catalog {
namespace {

constexpr int kOneLine = -1;
constexpr bool kPlainAscii = true;

std::string_view KindText(EventKind kind) {
  switch (kind) {
    case EventKind::kUserCreated: return "user created";
    case EventKind::kPasswordChanged: return "password changed";
    case EventKind::kUserActivated: return "user activated";
    case EventKind::kUserDeactivated: return "user deactivated";
    case EventKind::kPermissionGranted: return "permission granted";
    case EventKind::kPermissionRevoked: return "permission revoked";
    case EventKind::kDatabaseCreated: return "database created";
    case EventKind::kConfigurationChanged: return "configuration changed";
    case EventKind::kSigningKeyUsed: return "signing key used";
    case EventKind::kSnapshotTaken: return "snapshot taken";
    case EventKind::kBackupRestored: return "backup restored";
    case EventKind::kLogin: return "login";
    case EventKind::kLoginFailed: return "login failed";
    case EventKind::kLogout: return "logout";
  }
  return "unknown";
}

}  // namespace

std::string EventKey(std::int64_t sequence_us) {
  return Text("event/{:020}", sequence_us);
}

Bytes EventValue(const AuditEvent& event, std::int64_t time_us) {
  nlohmann::ordered_json json;
  json["time_us"] = time_us;
  json["event"] = KindText(event.kind);
  if (!event.actor.empty()) json["actor"] = event.actor;
  if (!event.subject.empty()) json["subject"] = event.subject;
  if (!event.database.empty()) json["database"] = event.database;
  if (event.permission != 0) json["permission"] = event.permission;
  if (!event.detail.empty()) json["detail"] = event.detail;
  if (!event.address.empty()) json["address"] = event.address;
  if (!event.reason.empty()) json["reason"] = event.reason;
  if (event.count != 1) json["count"] = event.count;
  const std::string text =
      json.dump(kOneLine, ' ', kPlainAscii, nlohmann::ordered_json::error_handler_t::replace);
  return {text.begin(), text.end()};
}

}  // namespace immudb::catalog
