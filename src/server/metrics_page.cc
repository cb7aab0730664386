#include "server/metrics_page.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string_view>
#include <vector>

#include "api/methods.h"
#include "base/error.h"
#include "metrics/exposition.h"
#include "process/figures.h"
#include "rpc/status.h"

namespace immudb::server {
namespace {

using catalog::DatabaseState;
using metrics::Exposition;
using metrics::Labels;
using metrics::MetricType;

constexpr double kNsPerHour = 3.6e12;
constexpr std::int64_t kUsPerSecond = 1'000'000;

Labels MethodLabels(const api::MethodRow& row) {
  return {{"grpc_method", row.name},
          {"grpc_service", api::kServiceName},
          {"grpc_type", row.kind == rpc::MethodKind::kServerStream ? "server_stream" : "unary"}};
}

// A family with one number for each method.
void AddPerMethod(Exposition& out, const api::MeteredDispatcher& calls, std::string_view name,
                  std::string_view help,
                  const std::function<std::uint64_t(const api::CallCounters&)>& value) {
  out.Begin(name, MetricType::kCounter, help);
  for (std::size_t row = 0; row < api::MethodTable().size(); ++row) {
    out.Add(MethodLabels(api::MethodTable()[row]), value(calls.counters(row)));
  }
}

void AddCalls(Exposition& out, const MetricsSources& sources) {
  const api::MeteredDispatcher& calls = sources.calls;
  out.Begin("grpc_server_handled_total", MetricType::kCounter,
            "Total number of RPCs completed on the server, regardless of success or failure.");
  for (std::size_t row = 0; row < api::MethodTable().size(); ++row) {
    for (std::size_t code = 0; code < rpc::kStatusCodeNames.size(); ++code) {
      Labels labels = MethodLabels(api::MethodTable()[row]);
      labels.insert(labels.begin(), {"grpc_code", rpc::kStatusCodeNames[code]});
      out.Add(labels, calls.counters(row).handled[code].value());
    }
  }
  if (sources.has_histograms) {
    out.Begin("grpc_server_handling_seconds", MetricType::kHistogram,
              "Histogram of response latency (seconds) of gRPC that had been application-level "
              "handled by the server.");
    for (std::size_t row = 0; row < api::MethodTable().size(); ++row) {
      out.Add(MethodLabels(api::MethodTable()[row]), calls.counters(row).seconds.values());
    }
  }
  AddPerMethod(out, calls, "grpc_server_msg_received_total",
               "Total number of RPC stream messages received on the server.",
               [](const auto& counters) { return counters.messages_received.value(); });
  AddPerMethod(out, calls, "grpc_server_msg_sent_total",
               "Total number of gRPC stream messages sent by the server.",
               [](const auto& counters) { return counters.messages_sent.value(); });
  AddPerMethod(out, calls, "grpc_server_started_total",
               "Total number of RPCs started on the server.",
               [](const auto& counters) { return counters.started.value(); });
}

void AddPeers(Exposition& out, const MetricsSources& sources) {
  const std::map<std::string, metrics::PeerFigures> peers = sources.calls.peers().Read();
  out.Begin("immudb_number_of_rpcs_per_client", MetricType::kCounter,
            "Number of handled RPCs per client.");
  for (const auto& [address, figures] : peers) out.Add({{"ip", address}}, figures.calls);
  out.Begin("immudb_clients_last_message_at_unix_seconds", MetricType::kGauge,
            "Timestamp at which clients have sent their most recent message.");
  for (const auto& [address, figures] : peers) {
    out.Add({{"ip", address}}, static_cast<std::uint64_t>(figures.last_unix_us / kUsPerSecond));
  }
}

// A family with one number for each database that was opened yet.
void AddPerDatabase(Exposition& out, const MetricsSources& sources,
                    const std::vector<DatabaseState>& states, MetricType type,
                    std::pair<std::string_view, std::string_view> name_and_help,
                    const std::function<std::uint64_t(const LedgerStatistics&)>& value) {
  out.Begin(name_and_help.first, type, name_and_help.second);
  for (const DatabaseState& state : states) {
    const std::string label = Text("{}/{}", sources.data_directory, state.name);
    out.Add({{"database", label}}, value(state.statistics));
  }
}

void AddDatabases(Exposition& out, const MetricsSources& sources) {
  const std::vector<DatabaseState> states = sources.catalog.DatabaseStates();
  const auto add = [&](MetricType type, std::string_view name, std::string_view help,
                       const std::function<std::uint64_t(const LedgerStatistics&)>& value) {
    AddPerDatabase(out, sources, states, type, {name, help}, value);
  };
  add(MetricType::kUntyped, "immudb_lsm_size_bytes", "LSM Size in bytes",
      [](const auto& statistics) { return statistics.derived_bytes; });
  add(MetricType::kUntyped, "immudb_vlog_size_bytes", "Value Log Size in bytes",
      [](const auto& statistics) { return statistics.log_bytes; });
  add(MetricType::kUntyped, "immudb_pending_writes_total", "Pending Writes",
      [](const auto& statistics) { return statistics.queued_batches; });
  add(MetricType::kGauge, "immudb_entries", "Entries of a database.",
      [](const auto& statistics) { return statistics.entries; });
  add(MetricType::kCounter, "immudb_commit_groups_total",
      "Groups of writes that were committed together, since the database was opened.",
      [](const auto& statistics) { return statistics.groups; });
  add(MetricType::kCounter, "immudb_log_syncs_total",
      "Times that the log was made durable, since the database was opened.",
      [](const auto& statistics) { return statistics.syncs; });

  out.Begin("immudb_database_damaged", MetricType::kGauge,
            "1 if damage was found in the database, or if it cannot be opened.");
  for (const DatabaseState& state : states) {
    out.Add({{"database", Text("{}/{}", sources.data_directory, state.name)}},
            std::uint64_t{state.failed || state.statistics.damaged ? 1u : 0u});
  }

  std::uint64_t open = 0;
  std::uint64_t damaged = 0;
  std::uint64_t read_only = 0;
  std::uint64_t puts = 0;
  for (const DatabaseState& state : states) {
    open += state.is_open ? 1 : 0;
    damaged += state.failed || state.statistics.damaged ? 1 : 0;
    read_only += state.is_open && !state.statistics.accepts_writes ? 1 : 0;
    puts += state.statistics.entries;
  }
  out.AddSingle("immudb_databases", MetricType::kGauge, "Databases, the audit trail included.",
                std::uint64_t{states.size()});
  out.AddSingle("immudb_open_databases", MetricType::kGauge, "Databases that are open.", open);
  out.AddSingle("immudb_damaged_databases", MetricType::kGauge,
                "Databases in which damage was found, or that cannot be opened.", damaged);
  out.AddSingle("immudb_read_only_databases", MetricType::kGauge,
                "Open databases that take no writes.", read_only);
  out.AddSingle("immudb_number_of_stored_entries", MetricType::kCounter,
                "Number of key-value entries currently stored by the database.",
                states.front().statistics.entries);
  out.AddSingle("immudb_puts_total", MetricType::kUntyped, "Puts", puts);
}

double Seconds(std::int64_t us) {
  return static_cast<double>(us) / static_cast<double>(kUsPerSecond);
}

void AddScrubber(Exposition& out, const MetricsSources& sources) {
  if (sources.scrubber == nullptr) return;
  const ScrubberFigures figures = sources.scrubber->figures();
  out.AddSingle("immudb_scrub_passes_total", MetricType::kCounter,
                "Times that all databases were read again and compared.", figures.passes);
  out.AddSingle("immudb_scrub_reading", MetricType::kGauge, "1 while such a pass is under way.",
                std::uint64_t{figures.is_reading ? 1u : 0u});
  out.AddSingle("immudb_scrub_pass_start_unix_seconds", MetricType::kGauge,
                "When the newest pass began; 0: none has.", Seconds(figures.pass_start_unix_us));
  out.AddSingle("immudb_scrub_pass_bytes", MetricType::kGauge, "Bytes read by the newest pass.",
                figures.pass_bytes);
  out.AddSingle("immudb_scrub_pass_entries", MetricType::kGauge,
                "Entries compared by the newest pass.", figures.pass_entries);
  out.AddSingle("immudb_scrub_last_pass_end_unix_seconds", MetricType::kGauge,
                "When the last pass ended; 0: none has.", Seconds(figures.last_end_unix_us));
  constexpr double kNsPerSecond = 1e9;
  const std::int64_t since_ns = figures.passes > 0 ? figures.last_end_ns : sources.start_ns;
  out.AddSingle("immudb_scrub_last_pass_age_seconds", MetricType::kGauge,
                "Time since the last pass ended, or since the start if none has.",
                static_cast<double>(sources.clock.MonotonicNs() - since_ns) / kNsPerSecond);
  out.AddSingle("immudb_scrub_read_bytes_total", MetricType::kCounter, "Bytes read by all passes.",
                figures.bytes);
  out.AddSingle("immudb_scrub_entries_total", MetricType::kCounter,
                "Entries compared by all passes.", figures.entries);
  out.Begin("immudb_scrub_findings_total", MetricType::kCounter,
            "What was found: damage of entries, and derived files that must be rebuilt.");
  out.Add({{"kind", "damage"}}, figures.damage_findings);
  out.Add({{"kind", "derived"}}, figures.derived_findings);
  out.AddSingle("immudb_scrub_failures_total", MetricType::kCounter,
                "Databases that could not be read again.", figures.failures);
  out.Begin("immudb_scrub_database_end_unix_seconds", MetricType::kGauge,
            "When a database was last read again to its end.");
  for (const auto& [name, scrub] : figures.databases) {
    out.Add({{"database", Text("{}/{}", sources.data_directory, name)}},
            Seconds(scrub.end_unix_us));
  }
}

void AddNetwork(Exposition& out, const MetricsSources& sources) {
  const net::ServerStatistics network = sources.network.statistics();
  out.AddSingle("immudb_connections", MetricType::kGauge, "Open connections.",
                std::uint64_t{network.connections});
  out.AddSingle("immudb_connections_accepted_total", MetricType::kCounter,
                "Connections that were accepted.", network.connections_accepted);
  out.Begin("immudb_connections_refused_total", MetricType::kCounter,
            "Connections that were refused or closed, by reason.");
  out.Add({{"reason", "limit"}}, network.connections_refused);
  out.Add({{"reason", "stalled"}}, network.connections_stalled);
  out.Add({{"reason", "abuse"}}, network.connections_abusive);
  out.AddSingle("immudb_calls_refused_total", MetricType::kCounter,
                "Calls that were refused before a handler saw them.", network.calls_refused);
  out.Begin("immudb_bytes_in_flight", MetricType::kGauge,
            "Bytes of requests and replies that are held in memory.");
  out.Add({{"kind", "request"}}, std::uint64_t{network.request_bytes});
  out.Add({{"kind", "reply"}}, std::uint64_t{network.reply_bytes});
}

void AddProcess(Exposition& out, const MetricsSources& sources) {
  const process::ProcessFigures figures = process::ReadProcessFigures();
  const double hours =
      static_cast<double>(sources.clock.MonotonicNs() - sources.start_ns) / kNsPerHour;
  out.AddSingle("immudb_uptime_hours", MetricType::kCounter, "Server uptime in hours.", hours);
  out.AddSingle("immudb_read_bytes", MetricType::kUntyped, "Read bytes", figures.disk_read_bytes);
  out.AddSingle("immudb_written_bytes", MetricType::kUntyped, "Written bytes",
                figures.disk_written_bytes);
  out.AddSingle("process_cpu_seconds_total", MetricType::kCounter,
                "Total user and system CPU time spent in seconds.", figures.cpu_seconds);
  out.AddSingle("process_max_fds", MetricType::kGauge, "Maximum number of open file descriptors.",
                figures.open_files_max);
  out.AddSingle("process_open_fds", MetricType::kGauge, "Number of open file descriptors.",
                figures.open_files);
  out.AddSingle("process_resident_memory_bytes", MetricType::kGauge,
                "Resident memory size in bytes.", figures.resident_bytes);
  out.AddSingle("process_start_time_seconds", MetricType::kGauge,
                "Start time of the process since unix epoch in seconds.",
                static_cast<double>(sources.start_unix_us) / kUsPerSecond);
  out.AddSingle("process_virtual_memory_bytes", MetricType::kGauge, "Virtual memory size in bytes.",
                figures.virtual_bytes);
  out.AddSingle("process_virtual_memory_max_bytes", MetricType::kGauge,
                "Maximum amount of virtual memory available in bytes.", figures.virtual_bytes_max);
  // The memory panel of immuadmin asks for these names.
  for (const char* name : {"sys", "heap_alloc", "heap_inuse"}) {
    out.AddSingle(Text("go_memstats_{}_bytes", name), MetricType::kGauge,
                  "Resident memory size in bytes.", figures.resident_bytes);
  }
  for (const char* name : {"heap_idle", "stack_inuse"}) {
    out.AddSingle(Text("go_memstats_{}_bytes", name), MetricType::kGauge,
                  "Part of the above, which is not told apart.", std::uint64_t{0});
  }
}

}  // namespace

std::string MetricsPage(const MetricsSources& sources) {
  Exposition out;
  AddCalls(out, sources);
  AddPeers(out, sources);
  AddDatabases(out, sources);
  AddScrubber(out, sources);
  AddNetwork(out, sources);
  AddProcess(out, sources);
  return out.Take();
}

}  // namespace immudb::server
