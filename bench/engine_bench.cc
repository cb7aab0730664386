// Measures the engine in process: writes by blocking and by asynchronous callers and in batches,
// reads and proofs, long answers, growth, and opening after a crash. options.h has the options.
//
//   engine_bench [WORD...] [--entries N] [--soak] ...
//
// Rates are wall-clock; cpu_ns is CPU time of the whole process per entry.

#include <charconv>
#include <cstring>

#include "engine_rows.h"
#include "measure.h"

namespace {

std::uint64_t NumberOf(const char* text) {
  std::uint64_t number = 0;
  std::from_chars(text, text + std::strlen(text), number);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace immudb::bench;  // NOLINT(google-build-using-namespace)
  if (argc == 5 && std::strcmp(argv[1], "--write-until-killed") == 0) {
    WriteUntilKilled(argv[2], NumberOf(argv[3]), NumberOf(argv[4]));
  }
  const Options options = Must(ParseOptions(argc, argv));
  if (!options.host.empty()) return 0;
  Report report = Must(Report::Open(options.json_file));
  // First, for it looks at the memory of this process.
  MeasureGrowth(options, report);
  MeasureLatency(options, report);
  MeasureWrites(options, report, immudb::Durability::kWritten);
  MeasureWrites(options, report, immudb::Durability::kDurable);
  MeasureReads(options, report);
  MeasureScans(options, report);
  MeasureOpening(options, report);
  report.PrintEnd();
  return 0;
}
