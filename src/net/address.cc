#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/error.h"
#include "base/network_of.h"

namespace immudb::net {
namespace {

constexpr int kBacklog = 1024;
constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::size_t kNetworkBytes = 8;   // Of an IPv6 address, its /64.
constexpr std::size_t kMappedOffset = 12;  // Of an IPv4 address inside IPv6.

std::string Reason() {
  return std::generic_category().message(errno);
}

Result<Listening> ListenAt(const sockaddr* address, socklen_t size, std::string_view name) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return Fail(Code::kIo, "socket for {}: {}", name, Reason());
  const int on = 1;
  const int off = 0;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address->sa_family == AF_INET6) {
    setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(socket.get(), address, size) != 0 || listen(socket.get(), kBacklog) != 0) {
    return Fail(Code::kIo, "listen {}: {}", name, Reason());
  }
  sockaddr_storage bound{};
  socklen_t bound_size = sizeof bound;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &bound_size);
  const std::uint16_t port = PeerOf(bound).port;
  return Listening{std::move(socket), port};
}

Result<Listening> ListenAtPath(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) {
    return Fail(Code::kInvalidArgument, "not a path for a socket: \"{}\"", path);
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  // A socket that refuses connections is left over from a process that is gone.
  const Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (connect(probe.get(), generic, sizeof address) != 0 && errno == ECONNREFUSED) {
    unlink(path.c_str());
  }
  return ListenAt(generic, sizeof address, path);
}

const in6_addr& AddressOf(const sockaddr_storage& address) {
  return reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
}

in_addr MappedAddress(const in6_addr& address) {
  in_addr mapped{};
  std::memcpy(&mapped, &address.s6_addr[kMappedOffset], sizeof mapped);
  return mapped;
}

bool IsLoopback(in_addr address) {
  return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

std::string AsText(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

Result<Listening> Listen(const std::string& host, std::uint16_t port) {
  if (host.starts_with(kUnixPrefix)) return ListenAtPath(host.substr(kUnixPrefix.size()));
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(host.empty() ? "::" : host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Fail(Code::kInvalidArgument, "address {}: {}", host, gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  // A name of both kinds means IPv4, as it does to the original server.
  const addrinfo* chosen = found;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET && chosen->ai_family != AF_INET) chosen = each;
  }
  auto listening = ListenAt(chosen->ai_addr, chosen->ai_addrlen, Text("{}:{}", host, port));
  // A machine without IPv6 has no "every address" of that kind.
  if (!listening && host.empty()) return Listen("0.0.0.0", port);
  return listening;
}

rpc::Peer PeerOf(const sockaddr_storage& address) {
  rpc::Peer peer;
  if (address.ss_family == AF_INET) {
    const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address);
    peer.address = AsText(AF_INET, &ipv4.sin_addr);
    peer.port = ntohs(ipv4.sin_port);
    peer.is_loopback = IsLoopback(ipv4.sin_addr);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& ipv6 = AddressOf(address);
    peer.port = ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&ipv6)) {
      const in_addr mapped = MappedAddress(ipv6);
      peer.address = AsText(AF_INET, &mapped);
      peer.is_loopback = IsLoopback(mapped);
    } else {
      peer.address = AsText(AF_INET6, &ipv6);
      peer.is_loopback = IN6_IS_ADDR_LOOPBACK(&ipv6);
    }
  } else {
    peer.address = "unix";
    peer.is_loopback = true;
  }
  peer.network = NetworkOf(peer.address);
  return peer;
}

std::string AdmissionKey(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&AddressOf(address)) &&
      !IN6_IS_ADDR_LOOPBACK(&AddressOf(address))) {
    in6_addr network{};
    std::memcpy(&network, &AddressOf(address), kNetworkBytes);
    return AsText(AF_INET6, &network) + "/64";
  }
  return PeerOf(address).address;
}

}  // namespace immudb::net
