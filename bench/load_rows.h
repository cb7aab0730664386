// The rows of immudb_load.

#pragma once

#include "options.h"
#include "report.h"
#include "subject.h"

namespace immudb::bench {

// Each call at 1, 16 and 128 in flight. Does nothing if no such row is wanted.
void MeasureCalls(const Options& options, Report& report, const std::string& durability);

// One durable Set in flight, beside what an echo and the disk take.
void MeasureOneDurableCall(const Options& options, Report& report);

// All calls at once, for long.
void MeasureMixedLoad(const Options& options, Report& report);

// Time to be ready, memory, bytes on disk. Only of servers of our own.
void MeasureProcess(const Options& options, Report& report);

}  // namespace immudb::bench
