#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <utility>

#include "base/log.h"

namespace immudb::net {
namespace {

// Accepted in a row before the loop does something else.
constexpr int kAcceptsPerRound = 64;

// When the process has no descriptor left, accepting again at once would spin.
constexpr std::chrono::milliseconds kPause{50};

// Bytes the kernel may hold unsent. More would queue ahead of every later reply: with it, a call
// beside a 1 GiB stream on the same connection takes 3-7 ms instead of a second.
constexpr int kUnsentBytesMax = 128 << 10;

void SetOptions(int fd, int family) {
  if (family != AF_INET && family != AF_INET6) return;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentBytesMax, sizeof kUnsentBytesMax);
}

}  // namespace

Listener::Listener(std::shared_ptr<boost::asio::io_context> context, Descriptor socket,
                   Shared& shared, std::vector<std::shared_ptr<GrpcLoop>> loops)
    : context_(std::move(context)),
      socket_(*context_, socket.Release()),
      pause_(*context_),
      shared_(shared),
      loops_(std::move(loops)),
      tls_(shared.options.tls) {}

void Listener::Start() {
  Wait();
}

void Listener::Stop() {
  is_stopped_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

void Listener::ReplaceTls(std::shared_ptr<const TlsContext> tls) {
  const MutexLock lock(mutex_);
  tls_ = std::move(tls);
}

std::shared_ptr<const TlsContext> Listener::tls() {
  const MutexLock lock(mutex_);
  return tls_;
}

void Listener::Wait() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](const boost::system::error_code& error) {
                       if (error || self->is_stopped_) return;
                       self->AcceptAll();
                     });
}

void Listener::AcceptAll() {
  for (int i = 0; i < kAcceptsPerRound; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    Descriptor socket(accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&address), &size,
                              SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() >= 0) {
      try {
        Deal(std::move(socket), address);
      } catch (const std::bad_alloc&) {
        refused_.Add();
      }
      continue;
    }
    if (errno == EAGAIN) break;
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      if (const auto left_out = shared_.refusal_lines.Allow()) {
        Log(LogLevel::kWarning,
            "no descriptor or memory for another connection ({} lines left out)", *left_out);
      }
      pause_.expires_after(kPause);
      pause_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error && !self->is_stopped_) self->AcceptAll();
      });
      return;
    }
    // Anything else concerns the connection that was to be accepted, which is gone.
  }
  Wait();
}

void Listener::Deal(Descriptor socket, const sockaddr_storage& address) {
  Accepted accepted{.socket = std::move(socket),
                    .admission_key = AdmissionKey(address),
                    .peer = PeerOf(address),
                    .tls = tls()};
  const Locality locality = accepted.peer.is_loopback ? Locality::kLocal : Locality::kRemote;
  if (!shared_.admission.Admit(accepted.admission_key, locality)) {
    refused_.Add();
    return;
  }
  SetOptions(accepted.socket.get(), address.ss_family);
  const std::string admission_key = accepted.admission_key;
  GrpcLoop& loop = *loops_[next_++ % loops_.size()];
  try {
    // Shared only because a std::function must be copyable.
    auto kept = std::make_shared<Accepted>(std::move(accepted));
    loop.Post([&loop, kept] { loop.Adopt(std::move(*kept)); });
  } catch (const std::bad_alloc&) {
    shared_.admission.Release(admission_key);
    throw;
  }
  accepted_.Add();
}

}  // namespace immudb::net
