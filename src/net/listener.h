// Accepts connections and deals them out to loops.

#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "net/address.h"
#include "net/grpc_loop.h"

namespace immudb::net {

// One acceptor, round robin: the kernel's own distribution (SO_REUSEPORT) is uneven for a few
// connections. Kept by its server and by its pending wait.
class Listener : public std::enable_shared_from_this<Listener> {
 public:
  Listener(std::shared_ptr<boost::asio::io_context> context, Descriptor socket, Shared& shared,
           std::vector<std::shared_ptr<GrpcLoop>> loops);

  // Thread of `context` only.
  void Start();
  // Thread of `context` only. No connection is accepted when it returns.
  void Stop();

  // Thread-safe.
  void ReplaceTls(std::shared_ptr<const TlsContext> tls) IMMUDB_EXCLUDES(mutex_);
  std::uint64_t accepted() const { return accepted_.value(); }
  std::uint64_t refused() const { return refused_.value(); }

 private:
  void Wait();
  void AcceptAll();
  void Deal(Descriptor socket, const sockaddr_storage& address);
  std::shared_ptr<const TlsContext> tls() IMMUDB_EXCLUDES(mutex_);

  const std::shared_ptr<boost::asio::io_context> context_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer pause_;
  Shared& shared_;
  const std::vector<std::shared_ptr<GrpcLoop>> loops_;
  std::size_t next_ = 0;
  bool is_stopped_ = false;
  http2::Counter accepted_;
  http2::Counter refused_;

  Mutex mutex_;
  std::shared_ptr<const TlsContext> tls_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::net
