// What a page of metrics says about a server: ours, and that of immudb 0.8.1. What a page does not
// have is absent, and shown as such.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/metrics_text.h"
#include "cli/printer.h"

namespace immudb::cli {

struct DatabaseFigures {
  std::string path;  // "data/defaultdb"
  double derived_bytes = 0;
  double log_bytes = 0;
  std::optional<double> entries = {};
  std::optional<double> queued_writes = {};
};

struct ClientFigures {
  std::string address;
  double calls = 0;
  std::optional<double> last_call_unix_s = {};
};

struct MethodFigures {
  std::string name;
  double calls = 0;
  double seconds = 0;  // Of all calls together.
};

struct ServerFigures {
  std::vector<DatabaseFigures> databases = {};
  std::vector<ClientFigures> clients = {};
  std::vector<MethodFigures> methods = {};  // That were called; by name. Empty: not measured.
  std::optional<double> uptime_hours = {};
  std::optional<double> entries = {};
  std::optional<double> reserved_bytes = {};  // Of memory.
  std::optional<double> used_bytes = {};
  std::optional<double> cpu_seconds = {};
  std::optional<double> connections = {};
  std::optional<double> disk_read_bytes = {};
  std::optional<double> disk_written_bytes = {};
};

ServerFigures FiguresOf(const MetricsText& page);

enum class CallKind : std::uint8_t { kRead, kWrite, kOther };
CallKind KindOf(std::string_view method);

// As immuadmin stats prints them; `now` is what "ago" counts from.
// Source of the text: immudb 0.8.1.
std::string FiguresText(const ServerFigures& figures, std::chrono::system_clock::time_point now,
                        const Style& style);

// `1.5 kB`: 1024 bytes are a kB.
std::string SizeText(double bytes);
// `1h2m3.5s`, `720ms`. Source: durations of Go.
std::string DurationText(std::chrono::nanoseconds duration);

}  // namespace immudb::cli
