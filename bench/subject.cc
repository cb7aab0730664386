#include "subject.h"

#include <poll.h>

#include <filesystem>

#include "base/error.h"

namespace immudb::bench {
namespace {

constexpr int kQuietTurnsMax = 120;
constexpr int kQuietTurnMs = 500;
constexpr double kBusySeconds = 0.01;  // A fiftieth of a turn: less is the server's clocks.

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
  double before = Must(CpuSecondsOf(program_->pid()));
  for (int turn = 0; turn < kQuietTurnsMax; ++turn) {
    poll(nullptr, 0, kQuietTurnMs);
    const double now = Must(CpuSecondsOf(program_->pid()));
    if (now - before < kBusySeconds) return;
    before = now;
  }
}

void Subject::Finish() {
  if (!is_ours()) return;
  program_->Stop();
  std::filesystem::remove_all(directory_);
}

}  // namespace immudb::bench
