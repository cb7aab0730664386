#include "io/exchange.h"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/error.h"

namespace immudb::io {
namespace {

Code CodeOf(int error_number) {
  switch (error_number) {
    case ENOENT: return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return Code::kDenied;
    // What disks of the network and old kernels say.
    case EINVAL:
    case ENOSYS:
    case EOPNOTSUPP: return Code::kUnsupported;
    default: return Code::kIo;
  }
}

}  // namespace

Status ExchangePaths(const std::string& one, const std::string& other) {
  const unsigned flags = RENAME_EXCHANGE;
  if (::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(), flags) == 0) return {};
  const int error_number = errno;
  return Fail(CodeOf(error_number), "exchange {} and {}: {}", one, other,
              std::generic_category().message(error_number));
}

}  // namespace immudb::io
