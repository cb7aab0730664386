// Reads everything that is stored again in the background, database after database, and has it
// compared (immudb/inspection.h): what nobody asks for would otherwise rot unseen.
//
// One thread of the lowest priority, which keeps to a limit of bytes a second and so holds up
// nobody. What it finds damaged is marked by whoever inspects, in that database only.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "immudb/inspection.h"
#include "immudb/result.h"
#include "ledger/rate_limit.h"

namespace immudb::server {

struct ScrubberOptions {
  std::uint64_t bytes_per_second = 0;  // 0: as fast as it goes.
  std::int64_t interval_ns = 0;        // From the beginning of a pass to that of the next.
};

// What is read again. Both are called by the scrubber's thread.
struct ScrubbedData {
  std::function<std::vector<std::string>()> databases;
  std::function<Result<InspectionReport>(const std::string& database, InspectionObserver& observer)>
      inspect;
};

// What became of one database when it was read last.
struct DatabaseScrub {
  std::int64_t end_unix_us = 0;
  std::uint64_t findings = 0;
};

struct ScrubberFigures {
  std::uint64_t passes = 0;             // That ended.
  bool is_reading = false;              // A pass is under way.
  std::int64_t pass_start_unix_us = 0;  // Of the newest pass; 0: none has begun.
  std::uint64_t pass_bytes = 0;         // The same, as are these.
  std::uint64_t pass_entries = 0;
  std::int64_t last_end_unix_us = 0;  // Of the last pass that ended; 0: none has.
  std::int64_t last_end_ns = 0;       // The same on Clock::MonotonicNs.
  std::uint64_t bytes = 0;            // Since the start, as are these.
  std::uint64_t entries = 0;
  std::uint64_t damage_findings = 0;
  std::uint64_t derived_findings = 0;
  std::uint64_t failures = 0;  // Databases that could not be read.
  std::map<std::string, DatabaseScrub> databases;
};

// Thread-safe.
class Scrubber : private InspectionObserver {
 public:
  // Starts the thread, which begins a pass at once. `clock` and what `data` works on must outlive
  // the scrubber.
  Scrubber(ScrubbedData data, const Clock& clock, const ScrubberOptions& options);
  ~Scrubber() override;
  Scrubber(const Scrubber&) = delete;
  Scrubber& operator=(const Scrubber&) = delete;

  // Ends what is under way and the thread. Idempotent.
  void Stop() IMMUDB_EXCLUDES(mutex_);

  ScrubberFigures figures() const IMMUDB_EXCLUDES(mutex_);

 private:
  Status AfterRead(std::uint64_t bytes) override IMMUDB_EXCLUDES(mutex_);
  void AfterEntries(std::uint64_t count) override IMMUDB_EXCLUDES(mutex_);

  void Run();
  void RunPass();
  void ReadDatabase(const std::string& database);
  // Waits until `until_ns` on the clock; false if the scrubber is to stop.
  bool WaitUntil(std::int64_t until_ns) IMMUDB_EXCLUDES(mutex_);
  bool is_stopping() const IMMUDB_EXCLUDES(mutex_);

  const ScrubbedData data_;
  const Clock& clock_;
  const std::int64_t interval_ns_;
  ledger::RateLimit rate_;

  mutable Mutex mutex_;
  ConditionVariable wake_;
  bool stopping_ IMMUDB_GUARDED_BY(mutex_) = false;
  ScrubberFigures figures_ IMMUDB_GUARDED_BY(mutex_);

  std::jthread thread_;  // Last: it uses what is above.
};

}  // namespace immudb::server
