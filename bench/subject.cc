#include "subject.h"

#include <filesystem>

#include "base/error.h"
#include "cli/http_get.h"

namespace immudb::bench {
namespace {

constexpr double kMib = 1024.0 * 1024.0;

// What a server tells of itself on its page for Prometheus.
struct PageFigures {
  double cpu_seconds = 0;
  double resident_mib = 0;
};

// The value of a line `name value` of the page.
std::optional<double> ValueOf(const std::string& page, const std::string& name) {
  std::size_t at = page.starts_with(name + " ") ? 0 : page.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  at = page.find(' ', at + 1);
  return std::strtod(page.c_str() + at, nullptr);
}

Result<PageFigures> ReadMetricsPage(const std::string& host, std::uint16_t port) {
  IMMUDB_ASSIGN(
      const std::string page,
      cli::HttpGet({.host = host, .port = port, .path = "/metrics"}, std::chrono::seconds(5)));
  const auto cpu = ValueOf(page, "process_cpu_seconds_total");
  const auto resident = ValueOf(page, "process_resident_memory_bytes");
  if (!cpu || !resident) return Fail(Code::kCorrupted, "the metrics page tells no CPU time");
  return PageFigures{.cpu_seconds = *cpu, .resident_mib = *resident / kMib};
}

}  // namespace

Subject Subject::Start(const Options& options, const std::string& durability) {
  Subject subject;
  subject.options_ = &options;
  subject.name_ = durability;
  subject.directory_ = options.directory + "/server";
  std::filesystem::remove_all(subject.directory_);
  std::filesystem::create_directories(options.directory);
  subject.port_ = FreePort();
  const auto start = Clock::now();
  subject.program_ = std::make_unique<Program>(
      std::vector<std::string>{options.bin_directory + "/immudb", "--address", "127.0.0.1",
                               "--port", std::to_string(subject.port_), "--metrics-port", "-1",
                               "--dir", subject.directory_, "--durability", durability},
      options.directory + "/server.log");
  AwaitListener(subject.port_);
  AskForHealth(*subject.ConnectOne());
  subject.ready_ms_ = SecondsSince(start) * 1000;
  return subject;
}

Subject Subject::Find(const Options& options) {
  Subject subject;
  subject.options_ = &options;
  subject.host_ = options.host;
  subject.port_ = options.port;
  subject.name_ = Text("at {}:{}", options.host, options.port);
  return subject;
}

std::unique_ptr<Http2Client> Subject::ConnectOne() const {
  return std::make_unique<Http2Client>(host_, port_);
}

Clients Subject::Connect(std::size_t connections) {
  Clients clients;
  for (std::size_t i = 0; i < connections; ++i) {
    clients.push_back(ConnectOne());
    if (token_.empty()) token_ = LogIn(*clients.back(), options_->user, options_->password);
    clients.back()->set_token(token_);
  }
  return clients;
}

std::optional<double> Subject::CpuSeconds() const {
  if (is_ours()) return Must(CpuSecondsOf(program_->pid()));
  const Result<PageFigures> page = ReadMetricsPage(host_, options_->metrics_port);
  return page ? std::optional(page->cpu_seconds) : std::nullopt;
}

std::optional<double> Subject::ResidentMib() const {
  if (is_ours()) return Must(ResidentMibOf(program_->pid()));
  const Result<PageFigures> page = ReadMetricsPage(host_, options_->metrics_port);
  return page ? std::optional(page->resident_mib) : std::nullopt;
}

void Subject::AwaitQuiet() const {
  bench::AwaitQuiet(program_->pid());
}

void Subject::Finish() {
  if (!is_ours()) return;
  program_->Stop();
  std::filesystem::remove_all(directory_);
}

}  // namespace immudb::bench
