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
#include "measure.h"

namespace immudb::bench {
namespace {

constexpr double kMib = 1024.0 * 1024.0;
constexpr std::uint64_t kBlockBytes = 512;  // Of st_blocks.
constexpr double kReadySecondsMax = 30;
constexpr double kQuietSecondsMax = 600;
// Work that is limited in its rate rests for less than a turn.
constexpr int kQuietTurnMs = 500;
constexpr double kBusySeconds = 0.01;  // A fiftieth of a turn: less is clocks that tick.

sockaddr_in Loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
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

double AwaitQuiet(pid_t pid) {
  const auto start = Clock::now();
  double cpu_seconds = Must(CpuSecondsOf(pid));
  while (SecondsSince(start) < kQuietSecondsMax) {
    const double quiet_since = SecondsSince(start);
    poll(nullptr, 0, kQuietTurnMs);
    const double now = Must(CpuSecondsOf(pid));
    if (now - cpu_seconds < kBusySeconds) return quiet_since;
    cpu_seconds = now;
  }
  GiveUp("a process did not come to rest");
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

}  // namespace immudb::bench
