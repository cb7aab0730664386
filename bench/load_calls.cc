#include <algorithm>
#include <chrono>
#include <optional>

#include "base/error.h"
#include "device.h"
#include "load_rows.h"

namespace immudb::bench {
namespace {

constexpr std::uint64_t kFillEntries = 100'000;
constexpr double kWarmSeconds = 0.2;

// In flight, connections.
constexpr std::array<std::pair<std::size_t, std::size_t>, 4> kLoads = {
    {{1, 1}, {16, 1}, {128, 1}, {128, 4}}};

// In turns, so that a change of the disk meets all that is compared.
constexpr int kLoneTurns = 3;
constexpr std::size_t kLoneSyncs = 1000;
constexpr double kLoneAllowanceUs = 60;

constexpr std::size_t kMixedInFlight = 16;
constexpr std::size_t kMixedConnections = 4;
constexpr std::size_t kMixedSyncs = 2000;
constexpr double kMixedSeconds = 10;
constexpr double kLongMixedSeconds = 600;
constexpr double kMixedAllowanceUs = 10'000;
// Of ten calls.
constexpr std::array kMix = {
    CallKind::kGet, CallKind::kGet, CallKind::kGet,     CallKind::kGet,     CallKind::kSet,
    CallKind::kSet, CallKind::kSet, CallKind::kSafeGet, CallKind::kSafeSet, CallKind::kSetBatch};

struct CallRow {
  std::string name;  // Without the subject's.
  CallKind kind = CallKind::kGet;
  std::size_t in_flight = 1;
  std::size_t connections = 1;
};

std::vector<CallRow> CallRows() {
  std::vector<CallRow> rows;
  for (const CallKind kind : kServerCalls) {
    for (const auto& [in_flight, connections] : kLoads) {
      rows.push_back({Text("{}, {} in flight, {} connection{}", NameOf(kind), in_flight,
                           connections, connections == 1 ? "" : "s"),
                      kind, in_flight, connections});
    }
  }
  return rows;
}

// A server that runs already may have been measured before: it gets keys that are new today.
CallMaker MakerFor(const Subject& subject) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return CallMaker(subject.is_ours() ? 0 : static_cast<std::uint64_t>(now.count()));
}

void Fill(Subject& subject, CallMaker& maker) {
  WriteEntries(*subject.Connect(1)[0], maker, kFillEntries);
}

void AddTimes(Row& row, const Latencies& times) {
  row.figures.push_back({"p50_us", times.QuantileUs(0.5), {}});
  row.figures.push_back({"p99_us", times.QuantileUs(0.99), {}});
  row.figures.push_back({"p999_us", times.QuantileUs(0.999), {}});
  row.figures.push_back({"max_us", times.max_us(), {}});
}

// Ends the program if our server has not as many entries as were acknowledged. Other servers may
// have other writers.
void CheckCount(const Subject& subject, Http2Client& client, std::uint64_t expected) {
  if (!subject.is_ours()) return;
  const std::uint64_t entries = EntriesOnServer(client);
  if (entries != expected) GiveUp(Text("{} entries are there, not {}", entries, expected));
}

void MeasureCall(Subject& subject, CallMaker& maker, const CallRow& call_row, double seconds,
                 Report& report) {
  Clients clients = subject.Connect(call_row.connections);
  const auto next = [&] { return maker.Make(call_row.kind); };
  maker.set_trusted_index(EntriesOnServer(*clients[0]) - 1);
  RunClosedLoop(clients, {call_row.in_flight, std::min(kWarmSeconds, seconds)}, next);
  const std::uint64_t entries = EntriesOnServer(*clients[0]);
  const std::optional<double> cpu = subject.CpuSeconds();
  const LoadResult result = RunClosedLoop(clients, {call_row.in_flight, seconds}, next);
  const std::optional<double> cpu_after = subject.CpuSeconds();
  maker.Settle();
  CheckCount(subject, *clients[0], entries + result.entries_written());

  Row row{.name = Text("{}, {}", call_row.name, subject.name()), .figures = {}};
  const auto calls = static_cast<double>(result.all.count());
  if (cpu && cpu_after) row.figures.push_back({"cpu_us", (*cpu_after - *cpu) * 1e6 / calls, {}});
  row.figures.push_back({"per_second", calls / result.seconds, {}});
  AddTimes(row, result.all);
  row.figures.push_back({"calls", calls, {}});
  row.figures.push_back({"entries", static_cast<double>(result.entries_written()), {}});
  report.Add(row);
}

CallKind MixedKind(std::uint64_t number) {
  return kMix[Mix(number) % kMix.size()];
}

Subject SubjectFor(const Options& options, const std::string& durability) {
  return options.host.empty() ? Subject::Start(options, durability) : Subject::Find(options);
}

}  // namespace

void MeasureCalls(const Options& options, Report& report, const std::string& durability) {
  std::vector<CallRow> rows = CallRows();
  const std::string mode = ", " + durability;
  std::erase_if(rows, [&](const CallRow& row) { return !options.is_wanted(row.name + mode); });
  if (rows.empty()) return;
  Subject subject = SubjectFor(options, durability);
  CallMaker maker = MakerFor(subject);
  Fill(subject, maker);
  for (const CallRow& row : rows) {
    MeasureCall(subject, maker, row, options.seconds.value_or(1), report);
  }
  Row after{.name = "after the calls, " + subject.name(), .figures = {}};
  if (const std::optional<double> resident = subject.ResidentMib()) {
    after.figures.push_back({"resident_mib", *resident, {}});
  }
  after.figures.push_back({"entries_written", static_cast<double>(maker.keys_written()), {}});
  report.Add(after);
  subject.Finish();
}

void MeasureOneDurableCall(const Options& options, Report& report) {
  const std::string name = "one durable call in flight";
  if (!options.host.empty() || !options.is_wanted(name)) return;
  Subject subject = Subject::Start(options, "durable");
  const std::uint16_t echo_port = FreePort();
  Program echo({options.bin_directory + "/echo_server", "--host", "127.0.0.1", "--port",
                std::to_string(echo_port)},
               options.directory + "/echo.log");
  AwaitListener(echo_port);
  CallMaker maker(0);
  Clients clients = subject.Connect(1);
  Clients echo_clients;
  echo_clients.push_back(std::make_unique<Http2Client>("127.0.0.1", echo_port));
  Latencies sets;
  Latencies echoes;
  Latencies syncs;
  const LoadShape shape{.in_flight = 1, .seconds = options.seconds.value_or(1)};
  for (int turn = 0; turn < kLoneTurns; ++turn) {
    syncs.Add(ProbeDevice(options.directory, kLoneSyncs));
    echoes.Add(RunClosedLoop(echo_clients, shape, [&] { return maker.Make(CallKind::kEcho); }).all);
    sets.Add(RunClosedLoop(clients, shape, [&] { return maker.Make(CallKind::kSet); }).all);
  }
  const double allowed = echoes.QuantileUs(0.5) + syncs.QuantileUs(0.5) + kLoneAllowanceUs;
  Row row{.name = name, .figures = {{"p50_us", sets.QuantileUs(0.5), allowed}}};
  row.figures.push_back({"echo_p50_us", echoes.QuantileUs(0.5), {}});
  row.figures.push_back({"fdatasync_p50_us", syncs.QuantileUs(0.5), {}});
  row.figures.push_back({"p99_us", sets.QuantileUs(0.99), {}});
  row.figures.push_back({"p999_us", sets.QuantileUs(0.999), {}});
  row.figures.push_back({"fdatasync_p999_us", syncs.QuantileUs(0.999), {}});
  report.Add(row);
  echo.Stop();
  subject.Finish();
}

void MeasureMixedLoad(const Options& options, Report& report) {
  const std::string name = "mixed load, 16 in flight, 4 connections";
  if (!options.is_wanted(name)) return;
  const bool is_long = options.mixed || options.soak;
  const double seconds = options.seconds.value_or(is_long ? kLongMixedSeconds : kMixedSeconds);
  std::optional<double> allowed;
  Subject subject = SubjectFor(options, "durable");
  Row row{.name = Text("{}, {}", name, subject.name()), .figures = {}};
  if (subject.is_ours()) {
    allowed = kMixedAllowanceUs + ProbeDevice(options.directory, kMixedSyncs).QuantileUs(0.999);
  }
  CallMaker maker = MakerFor(subject);
  Fill(subject, maker);
  Clients clients = subject.Connect(kMixedConnections);
  const std::uint64_t entries = EntriesOnServer(*clients[0]);
  maker.set_trusted_index(entries - 1);
  std::uint64_t number = 0;
  const LoadResult result = RunClosedLoop(clients, {kMixedInFlight, seconds},
                                          [&] { return maker.Make(MixedKind(number++)); });
  CheckCount(subject, *clients[0], entries + result.entries_written());
  const auto calls = static_cast<double>(result.all.count());
  row.figures = {{"p999_us", result.all.QuantileUs(0.999), allowed},
                 {"max_us", result.all.max_us(), {}},
                 {"p50_us", result.all.QuantileUs(0.5), {}},
                 {"p99_us", result.all.QuantileUs(0.99), {}},
                 {"per_second", calls / result.seconds, {}},
                 {"seconds", result.seconds, {}},
                 {"calls", calls, {}},
                 {"entries", static_cast<double>(result.entries_written()), {}}};
  if (const auto resident = subject.ResidentMib()) {
    row.figures.push_back({"resident_mib", *resident, {}});
  }
  report.Add(row);
  for (const CallKind kind : kServerCalls) {
    Row part{.name = Text("of the mixed load: {}, {}", NameOf(kind), subject.name()),
             .figures = {{"calls", static_cast<double>(result.of(kind).count()), {}}}};
    AddTimes(part, result.of(kind));
    report.Add(part);
  }
  subject.Finish();
}

}  // namespace immudb::bench
