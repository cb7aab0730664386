#include "catalog/audit_trail.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/network_of.h"

namespace immudb::catalog {
namespace {

constexpr std::int64_t kMinuteUs = 60'000'000;
// More sums than a handful of attackers make in a minute; beyond it they share one.
constexpr std::size_t kSumsMax = 1024;

}  // namespace

WriteBatch AuditTrail::MakeEntry(const AuditEvent& event) {
  const std::int64_t time_us = clock_.NowUnixUs();
  std::int64_t sequence_us = 0;
  {
    const MutexLock lock(mutex_);
    last_sequence_us_ = std::max(last_sequence_us_ + 1, time_us);
    sequence_us = last_sequence_us_;
  }
  WriteBatch batch;
  batch.Set(AsBytes(EventKey(sequence_us)), EventValue(event, time_us));
  return batch;
}

void AuditTrail::Append(const AuditEvent& event, std::function<void(Status)> done) {
  ledger_.Submit(MakeEntry(event), [done = std::move(done)](Result<CommitResult> result) {
    done(result ? Status() : Status(std::move(result).error()));
  });
}

Status AuditTrail::AppendAndWait(const AuditEvent& event) {
  const Result<CommitResult> result = ledger_.Commit(MakeEntry(event));
  return result ? Status() : Status(result.error());
}

void AuditTrail::CountFailedLogin(const std::string& actor, const std::string& address,
                                  const std::string& reason) {
  AddFailures({.minute = clock_.NowUnixUs() / kMinuteUs,
               .actor = actor,
               .address = NetworkOf(address),
               .reason = reason},
              1);
}

void AuditTrail::AddFailures(FailureKey key, std::uint32_t count) {
  const MutexLock lock(mutex_);
  if (failures_.size() >= kSumsMax && !failures_.contains(key)) {
    key = {.minute = key.minute, .actor = "", .address = "", .reason = "many, from anywhere"};
  }
  failures_[std::move(key)] += count;
}

void AuditTrail::WriteFailedLogins(Sums which) {
  const std::int64_t minute = clock_.NowUnixUs() / kMinuteUs;
  std::vector<std::pair<FailureKey, std::uint32_t>> due;
  {
    const MutexLock lock(mutex_);
    for (auto sum = failures_.begin(); sum != failures_.end();) {
      // A minute ahead of the clock was counted before the clock was set back: it is due as well.
      if (which == Sums::kAll || sum->first.minute != minute) {
        due.emplace_back(sum->first, sum->second);
        sum = failures_.erase(sum);
      } else {
        ++sum;
      }
    }
  }
  for (auto& [key, count] : due) {
    const AuditEvent event = {.kind = EventKind::kLoginFailed,
                              .actor = key.actor,
                              .subject = "",
                              .address = key.address,
                              .reason = key.reason,
                              .count = count};
    Append(event, [this, key = key, count = count](const Status& status) {
      if (status) return;
      if (const auto left_out = unwritten_lines_.Allow()) {
        Log(LogLevel::kError,
            "failed logins could not be recorded in the audit trail: {} ({} lines left out)",
            status.error().message, *left_out);
      }
      AddFailures(key, count);
    });
  }
}

}  // namespace immudb::catalog
