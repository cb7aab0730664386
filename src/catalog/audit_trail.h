// The audit trail: events as entries of the ledger systemdb, so that they can be verified like any
// other and taken back by nobody.
//
// Failed logins are summed up per user, network (base/network_of.h), reason and minute: whoever
// guesses passwords must not be able to fill a disk.

#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "base/log_limit.h"
#include "base/mutex.h"
#include "catalog/audit_event.h"
#include "immudb/ledger.h"

namespace immudb::catalog {

// Thread-safe.
class AuditTrail {
 public:
  // `ledger` must outlive the trail.
  AuditTrail(Ledger& ledger, const Clock& clock)
      : ledger_(ledger), clock_(clock), unwritten_lines_(clock) {}

  // Queues the event; `done` is called once, when the event is as durable as any entry, as
  // Ledger::Submit calls it. After an error there is no such event, and the act must be refused.
  // Errors: as Ledger::Submit.
  void Append(const AuditEvent& event, std::function<void(Status)> done);

  // Append, waiting for it. Not on a thread that others wait for.
  Status AppendAndWait(const AuditEvent& event);

  // Adds a failed login to the sum of its minute. `actor` is empty if there is no such user.
  void CountFailedLogin(const std::string& actor, const std::string& address,
                        const std::string& reason);

  enum class Sums : std::uint8_t { kOfPastMinutes, kAll };
  // Queues the sums as events. Those that the ledger refuses are counted on, and the log says so.
  void WriteFailedLogins(Sums which);

 private:
  struct FailureKey {
    std::int64_t minute = 0;
    std::string actor;
    std::string address;
    std::string reason;
    auto operator<=>(const FailureKey&) const = default;
  };

  WriteBatch MakeEntry(const AuditEvent& event) IMMUDB_EXCLUDES(mutex_);
  void AddFailures(FailureKey key, std::uint32_t count) IMMUDB_EXCLUDES(mutex_);

  Ledger& ledger_;
  const Clock& clock_;
  LogLimit unwritten_lines_;

  Mutex mutex_;
  std::int64_t last_sequence_us_ IMMUDB_GUARDED_BY(mutex_) = 0;
  std::map<FailureKey, std::uint32_t> failures_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::catalog
