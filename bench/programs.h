// The servers that are measured: started by us, or found at an address.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "immudb/result.h"

namespace immudb::bench {

// CPU time that process `pid` has used. Errors: kNotFound.
Result<double> CpuSecondsOf(pid_t pid);
// Errors: kNotFound.
Result<double> ResidentMibOf(pid_t pid);
// What the files below `directory` take on the disk.
std::uint64_t DiskBytesOf(const std::string& directory);

// A program of this build, which ends with this object, or with this process if that is killed.
class Program {
 public:
  // Starts `command`; what it prints goes to `log_file`. Ends the program that measures if it
  // cannot be started.
  Program(const std::vector<std::string>& command, const std::string& log_file);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program();

  pid_t pid() const { return pid_; }
  // Sends SIGTERM, or SIGKILL, and waits for the end.
  void Stop();
  void Kill();

 private:
  void End(int signal);

  pid_t pid_ = -1;
};

// A port of this machine that nobody listens on.
std::uint16_t FreePort();

// Waits until something listens on the port of this machine. Ends the program after 30 s.
void AwaitListener(std::uint16_t port);

// Figures of a process that tells them on a page for Prometheus.
struct PageFigures {
  double cpu_seconds = 0;
  double resident_mib = 0;
};
// Errors: those of HTTP; kCorrupted if the page has no such figures.
Result<PageFigures> ReadMetricsPage(const std::string& host, std::uint16_t port);

}  // namespace immudb::bench
