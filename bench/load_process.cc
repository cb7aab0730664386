#include <poll.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "load_rows.h"

namespace immudb::bench {
namespace {

constexpr std::uint64_t kEntries = 2'000'000;
constexpr std::size_t kIdleConnections = 1000;
constexpr std::size_t kStarts = 5;

// The median of some starts.
double ReadyMs(const Options& options) {
  std::vector<double> times;
  for (std::size_t i = 0; i < kStarts; ++i) {
    Subject subject = Subject::Start(options, "durable");
    times.push_back(subject.ready_ms());
    subject.Finish();
  }
  std::sort(times.begin(), times.end());
  return times[kStarts / 2];
}

// Opens connections that say hello and no more. Returns by how much memory grew.
double IdleConnectionsMib(const Subject& subject) {
  const double before = *subject.ResidentMib();
  Clients clients;
  for (std::size_t i = 0; i < kIdleConnections; ++i) clients.push_back(subject.ConnectOne());
  for (auto& client : clients) {
    pollfd wait{client->file(), POLLIN, 0};
    poll(&wait, 1, -1);
    client->Receive();  // The server's hello.
    client->Send();
  }
  subject.AwaitQuiet();
  return *subject.ResidentMib() - before;
}

}  // namespace

void MeasureProcess(const Options& options, Report& report) {
  const std::string ready = "ready on an empty folder";
  const std::string idle = "resident memory, idle";
  const std::string idle_connections = "resident memory, 1000 idle connections";
  const std::string full = "resident memory, after 2 M entries";
  const std::string disk = "disk, entries of 80 bytes";
  const auto add = [&](const std::string& name, const std::string& figure, double value) {
    if (options.is_wanted(name)) report.Add({.name = name, .figures = {{figure, value, {}}}});
  };
  if (!options.host.empty()) return;
  if (options.is_wanted(ready)) add(ready, "ready_ms", ReadyMs(options));
  const bool is_full_wanted = options.is_wanted(full) || options.is_wanted(disk);
  if (!is_full_wanted && !options.is_wanted(idle) && !options.is_wanted(idle_connections)) return;

  Subject subject = Subject::Start(options, "durable");
  subject.AwaitQuiet();
  add(idle, "resident_mib", *subject.ResidentMib());
  if (options.is_wanted(idle_connections)) {
    add(idle_connections, "more_mib", IdleConnectionsMib(subject));
  }
  if (is_full_wanted) {
    CallMaker maker(0);
    Clients clients = subject.Connect(1);
    WriteEntries(*clients[0], maker, kEntries);
    subject.AwaitQuiet();
    add(full, "resident_mib", *subject.ResidentMib());
    add(disk, "bytes_per_entry",
        static_cast<double>(DiskBytesOf(subject.directory())) / static_cast<double>(kEntries));
  }
  subject.Finish();
}

}  // namespace immudb::bench
