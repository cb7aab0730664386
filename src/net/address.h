// Socket addresses and listening sockets.

#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "immudb/result.h"
#include "rpc/call.h"

namespace immudb::net {

// Owns a descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&& other) noexcept : fd_(other.Release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct Listening {
  Descriptor socket;
  std::uint16_t port = 0;  // As bound; 0 for a Unix socket.
};

// Binds and listens, without blocking. `host` is a name, an address, "" for every address of the
// machine, or "unix:PATH", where a socket that nobody listens on any more is replaced.
// Errors: kInvalidArgument if `host` names nothing, kIo with the system's reason.
Result<Listening> Listen(const std::string& host, std::uint16_t port);

// Who is at the other end. An IPv4 address inside IPv6 is given as IPv4.
rpc::Peer PeerOf(const sockaddr_storage& address);

// The unit that limits per address count in: the address, for IPv6 its network of 64 bits, which is
// what one customer has.
std::string AdmissionKey(const sockaddr_storage& address);

}  // namespace immudb::net
