// What the audit trail records: who did what, when and from where. Never a secret, and no name that
// only a caller claims: what a stranger types as a user's name may be a password.

#pragma once

#include <cstdint>
#include <string>

#include "immudb/bytes.h"

namespace immudb::catalog {

enum class EventKind : std::uint8_t {
  kUserCreated,
  kPasswordChanged,
  kUserActivated,
  kUserDeactivated,
  kPermissionGranted,
  kPermissionRevoked,
  kDatabaseCreated,
  kConfigurationChanged,
  kSigningKeyUsed,
  kSnapshotTaken,
  kBackupRestored,
  kLogin,
  kLoginFailed,
  kLogout,
};

struct AuditEvent {
  EventKind kind = EventKind::kLogin;
  std::string actor;          // The user who acts; empty for the server itself or an unknown user.
  std::string subject;        // The user acted on, where that is another.
  std::string address;        // The peer's, as text; empty for the server itself.
  std::string reason;         // Why it failed; empty if it did not.
  std::uint32_t count = 1;    // So many alike within the minute.
  std::string database = {};  // The one that was created, or that a right is for.
  std::uint32_t permission = 0;  // The code given or taken; 0: none was.
  std::string detail = {};       // What else tells the event from others of its kind.
};

// The entry of an event: keys of later events are greater. `sequence_us` is the event's time in
// microseconds since 1970-01-01 UTC, raised where two would coincide.
std::string EventKey(std::int64_t sequence_us);

// A JSON object on one line, plain ASCII.
Bytes EventValue(const AuditEvent& event, std::int64_t time_us);

}  // namespace immudb::catalog
