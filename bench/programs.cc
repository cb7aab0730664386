#include "programs.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "cli/http_get.h"
#include "measure.h"

namespace immudb::bench {
namespace {

constexpr double kMib = 1024.0 * 1024.0;
constexpr std::uint64_t kBlockBytes = 512;  // Of st_blocks.
constexpr double kReadySecondsMax = 30;

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// The value of a line `name value` of the page.
std::optional<double> ValueOf(const std::string& page, const std::string& name) {
  std::size_t at = page.starts_with(name + " ") ? 0 : page.find("\n" + name + " ");
  if (at == std::string::npos) return std::nullopt;
  at = page.find(' ', at + 1);
  return std::strtod(page.c_str() + at, nullptr);
}

}  // namespace

Result<double> CpuSecondsOf(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) {
    return Fail(Code::kNotFound, "no process {}", pid);
  }
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Result<double> ResidentMibOf(pid_t pid) {
  std::ifstream file(Text("/proc/{}/statm", pid));
  std::uint64_t size = 0;
  std::uint64_t resident = 0;
  if (!(file >> size >> resident)) return Fail(Code::kNotFound, "no process {}", pid);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / kMib;
}

std::uint64_t DiskBytesOf(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory)) {
    struct stat status {};
    if (lstat(entry.path().c_str(), &status) == 0) {
      bytes += static_cast<std::uint64_t>(status.st_blocks) * kBlockBytes;
    }
  }
  return bytes;
}

Program::Program(const std::vector<std::string>& command, const std::string& log_file) {
  const int log = open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) GiveUp("cannot open " + log_file);
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(log);
  if (pid_ < 0) GiveUp("cannot start " + command.front());
}

Program::~Program() {
  End(SIGKILL);
}

void Program::Stop() {
  End(SIGTERM);
}

void Program::Kill() {
  End(SIGKILL);
}

void Program::End(int signal) {
  if (pid_ < 0) return;
  kill(pid_, signal);
  int status = 0;
  waitpid(pid_, &status, 0);
  pid_ = -1;
  const bool is_right = signal == SIGKILL || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  if (!is_right) GiveUp("a program did not end in good order");
}

std::uint16_t FreePort() {
  const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  if (bind(file, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      getsockname(file, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    GiveUp("no port is free");
  }
  close(file);
  return ntohs(address.sin_port);
}

void AwaitListener(std::uint16_t port) {
  const auto start = Clock::now();
  while (SecondsSince(start) < kReadySecondsMax) {
    const int file = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(port);
    const bool is_there =
        connect(file, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    close(file);
    if (is_there) return;
    poll(nullptr, 0, 1);
  }
  GiveUp(Text("nothing listens on port {}", port));
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

}  // namespace immudb::bench
