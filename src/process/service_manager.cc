#include "process/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/error.h"

namespace immudb::process {

Status NotifyServiceManager(std::string_view socket, std::string_view state) {
  if (socket.empty()) return {};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if ((socket[0] != '/' && socket[0] != '@') || socket.size() >= sizeof address.sun_path) {
    return Fail(Code::kInvalidArgument, "the service manager's socket {}: no such name can be",
                socket);
  }
  std::copy(socket.begin(), socket.end(), std::begin(address.sun_path));
  if (socket[0] == '@') address.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());

  const int descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) {
    return Fail(Code::kIo, "the service manager's socket {}: {}", socket, std::strerror(errno));
  }
  const auto* const target = reinterpret_cast<const sockaddr*>(&address);
  const auto sent = sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL, target, size);
  const int error = errno;
  close(descriptor);
  if (sent != static_cast<ssize_t>(state.size())) {
    return Fail(Code::kIo, "the service manager's socket {}: {}", socket, std::strerror(error));
  }
  return {};
}

}  // namespace immudb::process
