#include "process/limits.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace immudb::process {

std::uint64_t RaiseOpenFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void LowerThreadPriority() {
  constexpr int kLowestPriority = 19;
  // Of ioprio_set(2), for which the C library has no function.
  constexpr int kIoPriorityWhoThread = 1;
  constexpr int kIoPriorityIdle = 3 << 13;
  const pid_t thread = gettid();
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(thread), kLowestPriority));
  static_cast<void>(syscall(SYS_ioprio_set, kIoPriorityWhoThread, thread, kIoPriorityIdle));
}

void RestrictNewFiles() {
  umask(S_IRWXG | S_IRWXO);
}

}  // namespace immudb::process
