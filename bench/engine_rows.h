// The rows of engine_bench. Each function does nothing if none of its rows is wanted.

#pragma once

#include "engine_world.h"
#include "options.h"
#include "report.h"

namespace immudb::bench {

// The disk, and one durable set.
void MeasureLatency(const Options& options, Report& report);
// Sets by blocking and asynchronous callers, and batches.
void MeasureWrites(const Options& options, Report& report, Durability durability);
// Reads of single entries, and proofs.
void MeasureReads(const Options& options, Report& report);
// Long answers.
void MeasureScans(const Options& options, Report& report);
// Writing for long until merges have finished: memory, bytes on disk; and reads after it.
void MeasureGrowth(const Options& options, Report& report);
// Opening a ledger after its process was killed.
void MeasureOpening(const Options& options, Report& report);

// Commits random keys from number `first` on to the ledger in `directory`, new or not, until the
// log is `log_bytes` long; then tells so with a line on standard output, and goes on until the
// process is killed. What MeasureOpening starts as a process of its own.
[[noreturn]] void WriteUntilKilled(const std::string& directory, std::uint64_t first,
                                   std::uint64_t log_bytes);

// Times gets of random ones of the first `entries` keys, with their values from the log.
Row MeasureGets(const std::string& name, std::uint64_t entries, Ledger& ledger);

}  // namespace immudb::bench
