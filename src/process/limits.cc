#include "process/limits.h"

#include <sys/resource.h>
#include <sys/stat.h>

namespace immudb::process {

std::uint64_t RaiseOpenFileLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  return setrlimit(RLIMIT_NOFILE, &raised) == 0 ? raised.rlim_cur : limit.rlim_cur;
}

void RestrictNewFiles() {
  umask(S_IRWXG | S_IRWXO);
}

}  // namespace immudb::process
