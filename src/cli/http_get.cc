#include "cli/http_get.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/error.h"

namespace immudb::cli {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kAnswerBytesMax = 16u << 20;
constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::string NameOf(const HttpPage& page) {
  return Text("http://{}:{}{}", page.host, page.port, page.path);
}

std::string SystemText(int number) {
  std::array<char, 128> buffer{};
  return ::strerror_r(number, buffer.data(), buffer.size());
}

class Socket {
 public:
  explicit Socket(int number) : number_(number) {}
  ~Socket() {
    if (number_ >= 0) ::close(number_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int number() const { return number_; }

 private:
  int number_;
};

// Waits until the socket is ready for `events`. Errors: kUnavailable after the deadline.
Status Await(const Socket& socket, std::int16_t events, SteadyClock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
    pollfd wait{.fd = socket.number(), .events = events, .revents = 0};
    const int ready = ::poll(&wait, 1, static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready > 0) return {};
    if (ready == 0) return Fail(Code::kUnavailable, "no answer in time");
    if (errno != EINTR) return Fail(Code::kUnavailable, "{}", SystemText(errno));
  }
}

Status Connect(const Socket& socket, const addrinfo& address, SteadyClock::time_point deadline) {
  if (socket.number() < 0) return Fail(Code::kUnavailable, "{}", SystemText(errno));
  if (::connect(socket.number(), address.ai_addr, address.ai_addrlen) == 0) return {};
  if (errno != EINPROGRESS) return Fail(Code::kUnavailable, "{}", SystemText(errno));
  IMMUDB_TRY(Await(socket, POLLOUT, deadline));
  int fault = 0;
  socklen_t size = sizeof fault;
  ::getsockopt(socket.number(), SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault != 0) return Fail(Code::kUnavailable, "{}", SystemText(fault));
  return {};
}

// Sends the request and reads to the end of the connection.
Result<std::string> Converse(const Socket& socket, const std::string& request,
                             SteadyClock::time_point deadline) {
  std::size_t sent = 0;
  while (sent < request.size()) {
    IMMUDB_TRY(Await(socket, POLLOUT, deadline));
    const ssize_t count =
        ::send(socket.number(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (count < 0) return Fail(Code::kUnavailable, "{}", SystemText(errno));
    sent += static_cast<std::size_t>(count);
  }
  std::string answer;
  std::array<char, 65536> buffer{};
  while (true) {
    IMMUDB_TRY(Await(socket, POLLIN, deadline));
    const ssize_t count = ::recv(socket.number(), buffer.data(), buffer.size(), 0);
    if (count < 0) return Fail(Code::kUnavailable, "{}", SystemText(errno));
    if (count == 0) return answer;
    answer.append(buffer.data(), static_cast<std::size_t>(count));
    if (answer.size() > kAnswerBytesMax) {
      return Fail(Code::kLimitExceeded, "the answer is longer than {} bytes", kAnswerBytesMax);
    }
  }
}

// Takes the head off. Errors: kCorrupted, kUnavailable.
Result<std::string> BodyOf(std::string answer) {
  const std::size_t head_end = answer.find(kEndOfHead);
  const std::size_t status_at = answer.find(' ');
  if (!answer.starts_with("HTTP/1.") || head_end == std::string::npos || status_at > head_end) {
    return Fail(Code::kCorrupted, "the answer is no HTTP");
  }
  const std::string status = answer.substr(status_at + 1, 3);
  answer.erase(0, head_end + kEndOfHead.size());
  if (status == "200") return answer;
  return Fail(Code::kUnavailable, "unexpected HTTP status {}", status);
}

Result<std::string> TryGet(const HttpPage& page, SteadyClock::time_point deadline) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(page.port);
  if (const int fault = ::getaddrinfo(page.host.c_str(), port.c_str(), &wanted, &found);
      fault != 0) {
    return Fail(Code::kUnavailable, "{}", ::gai_strerror(fault));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> addresses(found, ::freeaddrinfo);
  Status connected = Fail(Code::kUnavailable, "no address");
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const Socket socket(
        ::socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connected = Connect(socket, *address, deadline);
    if (!connected) continue;
    const std::string request = Text("GET {} HTTP/1.0\r\nHost: {}:{}\r\nConnection: close\r\n\r\n",
                                     page.path, page.host, page.port);
    IMMUDB_ASSIGN(std::string answer, Converse(socket, request, deadline));
    return BodyOf(std::move(answer));
  }
  return connected.error();
}

}  // namespace

Result<std::string> HttpGet(const HttpPage& page, std::chrono::milliseconds limit) {
  Result<std::string> body = TryGet(page, SteadyClock::now() + limit);
  if (body) return body;
  return Fail(body.error().code, "cannot read {}: {}", NameOf(page), body.error().message);
}

}  // namespace immudb::cli
