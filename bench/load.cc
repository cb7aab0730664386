// Measures the server over gRPC, ours or any other that speaks the protocol of immudb 0.8.1: CPU
// and wall time of the calls that matter, memory, bytes on disk. options.h has the options.
//
//   immudb_load [WORD...] [--address HOST:PORT] ...
//
// CPU is that of the whole server process, network included. The client is the cheapest there can
// be, so that most of two processors is left to the server; a client of a gRPC library sends
// smaller bursts, for which a server pays more.

#include "load_rows.h"
#include "measure.h"
#include "options.h"
#include "report.h"

int main(int argc, char** argv) {
  using namespace immudb::bench;  // NOLINT(google-build-using-namespace)
  const Options options = Must(ParseOptions(argc, argv));
  Report report = Must(Report::Open(options.json_file));
  if (options.host.empty()) {
    MeasureProcess(options, report);
    MeasureCalls(options, report, "written");
    MeasureCalls(options, report, "durable");
  } else {
    MeasureCalls(options, report, {});
  }
  MeasureOneDurableCall(options, report);
  MeasureMixedLoad(options, report);
  report.PrintEnd();
  return 0;
}
