#include "server/scrubber.h"

#include <chrono>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "process/limits.h"

namespace immudb::server {
namespace {

constexpr double kNsPerSecond = 1e9;
constexpr double kBytesPerMegabyte = 1e6;

}  // namespace

Scrubber::Scrubber(ScrubbedData data, const Clock& clock, const ScrubberOptions& options)
    : data_(std::move(data)),
      clock_(clock),
      interval_ns_(options.interval_ns),
      rate_(clock, options.bytes_per_second),
      thread_([this] { Run(); }) {}

Scrubber::~Scrubber() {
  Stop();
}

void Scrubber::Stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

ScrubberFigures Scrubber::figures() const {
  const MutexLock lock(mutex_);
  return figures_;
}

bool Scrubber::is_stopping() const {
  const MutexLock lock(mutex_);
  return stopping_;
}

bool Scrubber::WaitUntil(std::int64_t until_ns) {
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const std::int64_t left_ns = until_ns - clock_.MonotonicNs();
    if (left_ns <= 0) return true;
    wake_.WaitFor(mutex_, std::chrono::nanoseconds(left_ns));
  }
  return false;
}

Status Scrubber::AfterRead(std::uint64_t bytes) {
  {
    const MutexLock lock(mutex_);
    figures_.pass_bytes += bytes;
    figures_.bytes += bytes;
  }
  const std::int64_t rest_ns = rate_.Use(bytes).count();
  if (WaitUntil(clock_.MonotonicNs() + rest_ns)) return {};
  return Fail(Code::kClosed, "the server stops");
}

void Scrubber::AfterEntries(std::uint64_t count) {
  const MutexLock lock(mutex_);
  figures_.pass_entries += count;
  figures_.entries += count;
}

void Scrubber::Run() {
  process::LowerThreadPriority();
  for (;;) {
    const std::int64_t start_ns = clock_.MonotonicNs();
    RunPass();
    if (!WaitUntil(start_ns + interval_ns_)) return;
  }
}

void Scrubber::RunPass() {
  const std::int64_t start_ns = clock_.MonotonicNs();
  {
    const MutexLock lock(mutex_);
    figures_.is_reading = true;
    figures_.pass_start_unix_us = clock_.NowUnixUs();
    figures_.pass_bytes = 0;
    figures_.pass_entries = 0;
  }
  const std::vector<std::string> databases = data_.databases();
  for (const std::string& database : databases) {
    if (is_stopping()) return;
    ReadDatabase(database);
  }
  const std::int64_t end_ns = clock_.MonotonicNs();
  ScrubberFigures figures;
  {
    const MutexLock lock(mutex_);
    if (stopping_) return;
    ++figures_.passes;
    figures_.is_reading = false;
    figures_.last_end_unix_us = clock_.NowUnixUs();
    figures_.last_end_ns = end_ns;
    figures = figures_;
  }
  Log(LogLevel::kInfo, "All {} databases were read again and compared: {:.1f} MB in {:.1f} s",
      databases.size(), static_cast<double>(figures.pass_bytes) / kBytesPerMegabyte,
      static_cast<double>(end_ns - start_ns) / kNsPerSecond);
}

void Scrubber::ReadDatabase(const std::string& database) {
  const Result<InspectionReport> report = data_.inspect(database, *this);
  if (!report) {
    if (is_stopping()) return;
    Log(LogLevel::kError, "Database {} could not be read again and compared: {}", database,
        report.error().message);
    const MutexLock lock(mutex_);
    ++figures_.failures;
    return;
  }
  for (const Finding& finding : report->findings) {
    Log(LogLevel::kError, "Database {}: reading it again found {}: {}: {}", database,
        IsDamage(finding.part) ? "damage" : "a derived file to be rebuilt", NameOf(finding.part),
        finding.text);
  }
  const MutexLock lock(mutex_);
  for (const Finding& finding : report->findings) {
    ++(IsDamage(finding.part) ? figures_.damage_findings : figures_.derived_findings);
  }
  figures_.databases[database] = {.end_unix_us = clock_.NowUnixUs(),
                                  .findings = report->finding_count};
}

}  // namespace immudb::server
