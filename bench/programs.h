// Processes that are measured, and programs that are started for it.

#pragma once

#include <sys/types.h>

#include <cstdint>
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

// Waits until process `pid` does nothing any more for half a second, and returns how long it still
// worked. Ends the program after ten minutes.
double AwaitQuiet(pid_t pid);

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

}  // namespace immudb::bench
