#include "server/program.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "base/mutex.h"
#include "process/command_line.h"
#include "process/detach.h"
#include "process/limits.h"
#include "process/pid_file.h"
#include "process/service_manager.h"
#include "process/signals.h"
#include "process/version.h"
#include "server/option_table.h"
#include "server/server.h"
#include "server/settings.h"
#include "server/start_texts.h"
#include "server/verify_command.h"

namespace immudb::server {
namespace {

constexpr int kExitSuccess = 0;
constexpr int kExitFailure = 1;

void Print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void PrintError(const std::string& text) {
  std::fputs(text.c_str(), stderr);
}

// Where the log of a server in the background goes: what it writes elsewhere nobody would read.
std::string DetachedLogFile(const Settings& settings) {
  return settings.log_file.empty() ? settings.directory + "/immudb.log" : settings.log_file;
}

// Waits for the signal that ends the server. A hang-up has the log file and the files for TLS read
// anew where there are such files; where there are none, the terminal is gone, which ends the
// server. Thread-safe.
class StopRequest {
 public:
  explicit StopRequest(const Settings& settings)
      : log_file_(settings.detached ? DetachedLogFile(settings) : settings.log_file),
        has_tls_(!settings.certificate_file.empty()) {}

  // Once called, hang-ups reach `server`, until ForgetServer.
  void WatchServer(Server& server) IMMUDB_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    server_ = &server;
  }
  void ForgetServer() IMMUDB_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    server_ = nullptr;
  }

  void Receive(process::Signal signal) IMMUDB_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    if (signal == process::Signal::kHangUp && (has_tls_ || !log_file_.empty())) {
      const Status opened = log_file_.empty() ? Status() : LogToFile(log_file_);
      if (!opened) Log(LogLevel::kError, "{}", opened.error().message);
      if (server_ != nullptr) server_->ReloadTls();
      return;
    }
    if (!signal_) signal_ = signal;
    arrived_.NotifyAll();
  }

  process::Signal Wait() IMMUDB_EXCLUDES(mutex_) {
    const MutexLock lock(mutex_);
    while (!signal_) arrived_.Wait(mutex_);
    return *signal_;
  }

 private:
  const std::string log_file_;
  const bool has_tls_;
  Mutex mutex_;  // Held while files are read anew: the server may not stop meanwhile.
  Server* server_ IMMUDB_GUARDED_BY(mutex_) = nullptr;
  ConditionVariable arrived_;
  std::optional<process::Signal> signal_ IMMUDB_GUARDED_BY(mutex_);
};

std::string_view Name(process::Signal signal) {
  switch (signal) {
    case process::Signal::kTerminate: return "SIGTERM";
    case process::Signal::kInterrupt: return "SIGINT";
    case process::Signal::kHangUp: return "SIGHUP";
  }
  return "";
}

void LogNotes(const Settings& settings) {
  for (const std::string& note : settings.notes) Log(LogLevel::kInfo, "{}", note);
  if (settings.durability == Durability::kWritten) {
    Log(LogLevel::kWarning,
        "Durability is \"written\": a power loss may take acknowledged writes, and clients that "
        "verified them will then report tampering");
  }
  if (settings.allow_default_password) {
    Log(LogLevel::kWarning,
        "Logins with the password that everybody knows are accepted from every machine");
  }
  if (!settings.auth || settings.maintenance) {
    Log(LogLevel::kWarning,
        "There are no logins{}: whoever can connect from {} can read and write everything",
        settings.maintenance ? " while the server is maintained" : "",
        settings.dev_mode ? "ANY MACHINE (devmode)" : "this machine");
  }
  if (settings.allow_cleartext_management) {
    Log(LogLevel::kWarning,
        "Users and settings can be changed from other machines over unencrypted connections");
  }
  const bool only_this_machine = settings.address == "localhost" || settings.address == "::1" ||
                                 settings.address.starts_with("127.");
  if (!only_this_machine && settings.certificate_file.empty()) {
    Log(LogLevel::kWarning,
        "Listening on {} without encryption: whoever can read the network reads passwords, tokens "
        "and values; use --address 127.0.0.1 or an encrypted tunnel",
        settings.address);
  }
}

// Tells whoever started the program that it serves; from then on the log is all that is heard of
// it.
Status ReportReady(const Settings& settings, const std::string& manager,
                   process::Detachment* detachment) {
  Print(ReadyText());
  const Status notified = process::NotifyServiceManager(manager, "READY=1");
  if (!notified) Log(LogLevel::kWarning, "{}", notified.error().message);
  if (detachment == nullptr) return {};
  // Not before: a folder in which no server could start gets no log.
  if (settings.log_file.empty()) IMMUDB_TRY(LogToFile(DetachedLogFile(settings)));
  return detachment->ReportReady();
}

Status Serve(const Settings& settings, const std::string& manager,
             process::Detachment* detachment) {
  StopRequest stop(settings);
  IMMUDB_ASSIGN(const auto signals,
                process::Signals::Watch([&stop](process::Signal signal) { stop.Receive(signal); }));
  const std::string config = ConfigText(settings);
  Print(config);
  if (!settings.log_file.empty()) Log(LogLevel::kInfo, "{}", config);
  LogNotes(settings);

  IMMUDB_ASSIGN(const auto server, Server::Start(settings));
  std::unique_ptr<process::PidFile> pid_file;
  if (!settings.pid_file.empty()) {
    IMMUDB_ASSIGN(pid_file, process::PidFile::Create(settings.pid_file));
  }
  Log(LogLevel::kInfo, "Listening on {}:{}", settings.address, server->port());
  IMMUDB_TRY(ReportReady(settings, manager, detachment));

  stop.WatchServer(*server);
  Log(LogLevel::kInfo, "Caught {}, stopping", Name(stop.Wait()));
  stop.ForgetServer();
  static_cast<void>(process::NotifyServiceManager(manager, "STOPPING=1"));
  IMMUDB_TRY(server->Stop());
  Log(LogLevel::kInfo, "Shutdown completed");
  return {};
}

// Source: immudb 0.8.1 tells the error before and after the usage.
int ReportUsage(const Error& error) {
  const process::Program& program = ServerProgram();
  // Whoever mistyped a command doesn't need all flags.
  const std::string usage = error.code == Code::kNotFound
                                ? Text("Run '{} --help' for usage.\n", program.name)
                                : process::HelpText(program);
  PrintError(Text("Error: {}\n{}\n{}\n", error.message, usage, error.message));
  return kExitFailure;
}

Result<Settings> ReadSettings(const process::CommandLine& line,
                              const process::Environment& environment) {
  IMMUDB_ASSIGN(const process::Options options,
                process::Options::Read(ServerProgram(), line, environment));
  IMMUDB_ASSIGN(Settings settings, MakeSettings(options));
  SetLogLevel(settings.log_level);
  SetLogFormat(settings.log_format);
  if (!settings.log_file.empty()) IMMUDB_TRY(LogToFile(settings.log_file));
  return settings;
}

// Serves in this process, and returns its exit code.
int ServeHere(const Result<Settings>& settings, const process::Environment& environment,
              process::Detachment* detachment) {
  const std::string manager = environment("NOTIFY_SOCKET").value_or("");
  const Status served = settings ? Serve(*settings, manager, detachment) : Status(settings.error());
  if (served) return kExitSuccess;
  if (settings && !settings->log_file.empty()) Log(LogLevel::kError, "{}", served.error().message);
  PrintError(Text("Error: {}\n", served.error().message));
  return kExitFailure;
}

// Serves in the background, and returns the exit code of whichever side this is.
int ServeDetached(const Settings& settings, const process::Environment& environment) {
  auto sides = process::Detachment::Divide();
  if (!sides) {
    PrintError(Text("Error: {}\n", sides.error().message));
    return kExitFailure;
  }
  if (sides->is_background()) return ServeHere(settings, environment, &*sides);
  const auto start = sides->Await();
  if (start.is_ready) {
    Print(Text("immudb has been started with PID {}\nLog file: {}\n", start.pid,
               DetachedLogFile(settings)));
    return kExitSuccess;
  }
  if (start.signal_number != 0) {
    PrintError(
        Text("Error: signal {} ended the server before it was ready\n", start.signal_number));
  }
  return kExitFailure;  // Why, the other side has said itself.
}

}  // namespace

int RunProgram(std::span<char* const> words, const process::Environment& environment) {
  const auto line = process::ParseCommandLine(ServerProgram(), words);
  if (!line) {
    const int code = ReportUsage(line.error());
    const bool is_verify = std::find(words.begin(), words.end(), kVerifyCommand) != words.end();
    return is_verify ? kVerifyExitUsage : code;
  }
  if (line->wants_help || line->command == "help") {
    Print(process::HelpText(ServerProgram()));
    return kExitSuccess;
  }
  if (line->command == "version") {
    Print(process::VersionText("immudb") + "\n");
    return kExitSuccess;
  }
  if (line->command == kVerifyCommand) return RunVerify(*line, environment);
  process::RestrictNewFiles();
  const auto settings = ReadSettings(*line, environment);
  if (settings && settings->detached) return ServeDetached(*settings, environment);
  return ServeHere(settings, environment, nullptr);
}

}  // namespace immudb::server
