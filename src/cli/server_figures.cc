#include "cli/server_figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/error.h"

namespace immudb::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSecondsOfHour = 3600;
constexpr double kNanosecondsOfSecond = 1e9;
constexpr double kMicrosecondsOfSecond = 1e6;
// Longer than any server runs, and its nanoseconds still fit 63 bits.
constexpr double kSecondsMax = 9e9;
constexpr std::string_view kNotKnown = "n/a";
constexpr std::string_view kUnits = "kMGTPE";
constexpr std::array<std::string_view, 18> kReads = {
    "ByIndex",   "BySafeIndex", "Consistency", "Count",  "CountAll", "CurrentRoot",
    "Dump",      "Get",         "GetBatch",    "Health", "History",  "IScan",
    "Inclusion", "Login",       "SafeGet",     "Scan",   "ZScan",    "GetReference"};
constexpr std::array<std::string_view, 8> kWrites = {
    "ExecAllOps", "Reference", "SafeReference", "SafeSet", "SafeZAdd", "Set", "SetBatch", "ZAdd"};

std::string LabelOf(const MetricSample& sample, std::string_view name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? std::string() : found->second;
}

// The value of the sample in series `name` whose label is as given.
std::optional<double> ValueWith(const MetricsText& page, std::string_view name,
                                std::string_view label, std::string_view text) {
  for (const MetricSample& sample : page.Samples(name)) {
    if (LabelOf(sample, label) == text) return sample.value;
  }
  return std::nullopt;
}

std::vector<DatabaseFigures> DatabasesOf(const MetricsText& page) {
  std::vector<DatabaseFigures> databases;
  for (const MetricSample& sample : page.Samples("immudb_lsm_size_bytes")) {
    DatabaseFigures database{.path = LabelOf(sample, "database"), .derived_bytes = sample.value};
    const auto value = [&](std::string_view name) {
      return ValueWith(page, name, "database", database.path);
    };
    database.log_bytes = value("immudb_vlog_size_bytes").value_or(0);
    database.entries = value("immudb_entries");
    database.queued_writes = value("immudb_pending_writes_total");
    databases.push_back(std::move(database));
  }
  return databases;
}

std::vector<ClientFigures> ClientsOf(const MetricsText& page) {
  std::vector<ClientFigures> clients;
  for (const MetricSample& sample : page.Samples("immudb_number_of_rpcs_per_client")) {
    ClientFigures client{.address = LabelOf(sample, "ip"), .calls = sample.value};
    client.last_call_unix_s =
        ValueWith(page, "immudb_clients_last_message_at_unix_seconds", "ip", client.address);
    clients.push_back(std::move(client));
  }
  std::sort(clients.begin(), clients.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  return clients;
}

std::vector<MethodFigures> MethodsOf(const MetricsText& page) {
  std::vector<MethodFigures> methods;
  for (const MetricSample& sample : page.Samples("grpc_server_handling_seconds_count")) {
    const std::string name = LabelOf(sample, "grpc_method");
    if (!(sample.value > 0)) continue;
    const auto seconds =
        ValueWith(page, "grpc_server_handling_seconds_sum", "grpc_method", name).value_or(0);
    methods.push_back({name, sample.value, seconds});
  }
  std::sort(methods.begin(), methods.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return methods;
}

std::chrono::nanoseconds ToDuration(double seconds) {
  const double bounded = std::isfinite(seconds) ? std::clamp(seconds, 0.0, kSecondsMax) : 0;
  return std::chrono::nanoseconds(static_cast<std::int64_t>(bounded * kNanosecondsOfSecond));
}

std::string LineOf(std::string_view label, const std::string& value) {
  return Text("{:<27}:\t{}\n", label, value);
}

std::string CountText(const std::optional<double>& value) {
  return value.has_value() ? Text("{:.0f}", *value) : std::string(kNotKnown);
}

Json Optional(const std::optional<double>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

std::string ToJsonLine(const ServerFigures& figures) {
  Json databases = Json::array();
  for (const DatabaseFigures& database : figures.databases) {
    databases.push_back({{"path", database.path},
                         {"entries", Optional(database.entries)},
                         {"derived_bytes", database.derived_bytes},
                         {"log_bytes", database.log_bytes}});
  }
  Json clients = Json::array();
  for (const ClientFigures& client : figures.clients) {
    clients.push_back({{"address", client.address},
                       {"calls", client.calls},
                       {"last_call", Optional(client.last_call_unix_s)}});
  }
  Json methods = Json::array();
  for (const MethodFigures& method : figures.methods) {
    methods.push_back(
        {{"name", method.name}, {"calls", method.calls}, {"seconds", method.seconds}});
  }
  const Json object = {{"uptime_hours", Optional(figures.uptime_hours)},
                       {"entries", Optional(figures.entries)},
                       {"databases", databases},
                       {"clients", clients},
                       {"methods", methods},
                       {"memory_reserved_bytes", Optional(figures.reserved_bytes)},
                       {"memory_used_bytes", Optional(figures.used_bytes)},
                       {"cpu_seconds", Optional(figures.cpu_seconds)},
                       {"connections", Optional(figures.connections)}};
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string DatabaseLines(const DatabaseFigures& database, const Style& style) {
  return LineOf("Database path", ShownBytes(AsBytes(database.path), style)) +
         LineOf("LSM size", SizeText(database.derived_bytes)) +
         LineOf("VLog size", SizeText(database.log_bytes)) +
         LineOf("Total size", SizeText(database.derived_bytes + database.log_bytes));
}

std::string ClientLines(const ServerFigures& figures, std::chrono::system_clock::time_point now,
                        const Style& style) {
  std::string text = LineOf("Number of clients", Text("{}", figures.clients.size()));
  text += LineOf("Queries per client", "");
  const double now_s = std::chrono::duration<double>(now.time_since_epoch()).count();
  for (const ClientFigures& client : figures.clients) {
    text += Text("   {:<24}:\t{:.0f}\n", ShownBytes(AsBytes(client.address), style), client.calls);
    if (!client.last_call_unix_s.has_value()) continue;
    const std::string ago = DurationText(ToDuration(now_s - *client.last_call_unix_s));
    text += Text("      {:<21}:\t{} ago\n", "Last query", ago);
  }
  return text;
}

std::string MethodLines(const ServerFigures& figures, const Style& style) {
  if (figures.methods.empty()) return {};
  std::string text = LineOf("Avg. duration (nb calls)", "µs");
  for (const MethodFigures& method : figures.methods) {
    const std::string name = ShownBytes(AsBytes(method.name), style);
    text += Text("   {:<24}:\t{:.0f}\n", Text("{} ({:.0f})", name, method.calls),
                 method.seconds * kMicrosecondsOfSecond / method.calls);
  }
  return text;
}

}  // namespace

ServerFigures FiguresOf(const MetricsText& page) {
  ServerFigures figures{
      .databases = DatabasesOf(page), .clients = ClientsOf(page), .methods = MethodsOf(page)};
  figures.uptime_hours = page.Value("immudb_uptime_hours");
  figures.entries = page.Value("immudb_number_of_stored_entries");
  figures.reserved_bytes = page.Value("go_memstats_sys_bytes");
  const auto heap = page.Value("go_memstats_heap_inuse_bytes");
  if (heap.has_value()) {
    figures.used_bytes = *heap + page.Value("go_memstats_stack_inuse_bytes").value_or(0);
  }
  figures.cpu_seconds = page.Value("process_cpu_seconds_total");
  figures.connections = page.Value("immudb_connections");
  figures.disk_read_bytes = page.Value("immudb_read_bytes");
  figures.disk_written_bytes = page.Value("immudb_written_bytes");
  return figures;
}

CallKind KindOf(std::string_view method) {
  if (method.ends_with("SV")) method.remove_suffix(2);
  const auto has = [method](const auto& names) {
    return std::find(names.begin(), names.end(), method) != names.end();
  };
  if (has(kReads)) return CallKind::kRead;
  return has(kWrites) ? CallKind::kWrite : CallKind::kOther;
}

std::string FiguresText(const ServerFigures& figures, std::chrono::system_clock::time_point now,
                        const Style& style) {
  if (style.form == OutputForm::kJson) return ToJsonLine(figures);
  // 0.8.1 knows of one database; the others follow at the end.
  const DatabaseFigures unknown{.path = std::string(kNotKnown)};
  const DatabaseFigures& first = figures.databases.empty() ? unknown : figures.databases.front();
  const std::string uptime = figures.uptime_hours.has_value()
                                 ? DurationText(ToDuration(*figures.uptime_hours * kSecondsOfHour))
                                 : std::string(kNotKnown);
  std::string text = LineOf("Database path", ShownBytes(AsBytes(first.path), style)) +
                     LineOf("Uptime", uptime) +
                     LineOf("Number of entries", CountText(figures.entries)) +
                     LineOf("LSM size", SizeText(first.derived_bytes)) +
                     LineOf("VLog size", SizeText(first.log_bytes)) +
                     LineOf("Total size", SizeText(first.derived_bytes + first.log_bytes));
  text += ClientLines(figures, now, style) + MethodLines(figures, style);
  for (std::size_t i = 1; i < figures.databases.size(); ++i) {
    const DatabaseFigures& database = figures.databases[i];
    text += DatabaseLines(database, style);
    if (database.entries.has_value()) text += LineOf("Entries", CountText(database.entries));
  }
  return text;
}

std::string SizeText(double bytes) {
  if (!std::isfinite(bytes)) return std::string(kNotKnown);
  if (bytes < 1024) return Text("{:.0f} B", bytes);
  double size = bytes / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return Text("{:.1f} {}B", size, kUnits[unit]);
}

std::string DurationText(std::chrono::nanoseconds duration) {
  const std::int64_t ns = duration.count();
  if (ns == 0) return "0s";
  const auto with_unit = [](double value, std::string_view unit) {
    std::string text = Text("{:.9f}", value);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return Text("{}{}", text, unit);
  };
  if (ns < 1000) return Text("{}ns", ns);
  const auto real = static_cast<double>(ns);
  if (ns < 1'000'000) return with_unit(real / 1e3, "µs");
  if (ns < 1'000'000'000) return with_unit(real / 1e6, "ms");
  const std::int64_t minutes = ns / 60'000'000'000;
  std::string text;
  if (minutes >= 60) text += Text("{}h", minutes / 60);
  if (minutes > 0) text += Text("{}m", minutes % 60);
  return text + with_unit(static_cast<double>(ns % 60'000'000'000) / kNanosecondsOfSecond, "s");
}

}  // namespace immudb::cli
