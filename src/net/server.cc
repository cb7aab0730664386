#include "net/server.h"

#include <atomic>
#include <boost/asio/post.hpp>
#include <chrono>
#include <functional>
#include <latch>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "net/address.h"
#include "net/asio_loops.h"
#include "net/grpc_loop.h"
#include "net/listener.h"

namespace immudb::net {

class Server::Impl {
 public:
  Impl(const ServerOptions& options, rpc::Dispatcher& dispatcher, const Clock& clock,
       LoopGroup& group)
      : shared_(options, dispatcher, clock), acceptor_(group.loops().context(0)) {
    for (std::size_t i = 0; i < group.size(); ++i) {
      loops_.push_back(GrpcLoop::Make(group.loops().context(i), shared_));
    }
  }

  void Listen(Listening listening) {
    port_ = listening.port;
    listener_ = std::make_shared<Listener>(acceptor_, std::move(listening.socket), shared_, loops_);
    RunOnAcceptor([this] { listener_->Start(); });
  }

  std::uint16_t port() const { return port_; }

  void ReplaceTls(std::shared_ptr<const TlsContext> tls) {
    IMMUDB_CHECK(shared_.options.tls != nullptr && tls != nullptr);
    listener_->ReplaceTls(std::move(tls));
  }

  void Shutdown(std::int64_t grace_ms) {
    if (has_shut_down_.exchange(true)) return;
    RunOnAcceptor([this] { listener_->Stop(); });
    if (grace_ms > 0) {
      RunOnLoops([](GrpcLoop& loop) { loop.Drain(); });
      AwaitConnections(grace_ms);
    }
    RunOnLoops([](GrpcLoop& loop) { loop.Stop(); });
    // What Stop posted, and what was posted before it, has run after this.
    RunOnLoops([](GrpcLoop& /*loop*/) {});
  }

  ServerStatistics statistics() const {
    ServerStatistics sum{.connections = shared_.admission.connections(),
                         .connections_accepted = listener_->accepted(),
                         .connections_refused = listener_->refused(),
                         .call_bytes = shared_.call_bytes->used_bytes(),
                         .request_bytes = shared_.request_bytes->used_bytes(),
                         .reply_bytes = shared_.reply_bytes.used_bytes()};
    for (const auto& loop : loops_) {
      const http2::Counters& counters = loop->counters();
      sum.connections_stalled += loop->connections_stalled();
      sum.connections_abusive += counters.connections_abusive.value();
      sum.connections_silent += counters.connections_silent.value();
      sum.connections_without_memory += counters.connections_without_memory.value();
      sum.calls_started += counters.calls_started.value();
      sum.calls_answered += counters.calls_answered.value();
      sum.calls_refused += counters.calls_refused.value();
      sum.calls_abandoned += counters.calls_abandoned.value();
      sum.deadlines_exceeded += counters.deadlines_exceeded.value();
      sum.streams_stalled += counters.streams_stalled.value();
      sum.pings_received += counters.pings_received.value();
      sum.bytes_received += loop->bytes_received();
      sum.bytes_sent += loop->bytes_sent();
    }
    return sum;
  }

 private:
  void RunOnAcceptor(const std::function<void()>& task) {
    std::latch done(1);
    boost::asio::post(*acceptor_, [&] {
      task();
      done.count_down();
    });
    done.wait();
  }

  void RunOnLoops(const std::function<void(GrpcLoop&)>& task) {
    std::latch done(static_cast<std::ptrdiff_t>(loops_.size()));
    for (const auto& loop : loops_) {
      loop->Post([&, raw = loop.get()] {
        task(*raw);
        done.count_down();
      });
    }
    done.wait();
  }

  void AwaitConnections(std::int64_t grace_ms) {
    shared_.admission.AwaitNoConnections(std::chrono::milliseconds(grace_ms));
  }

  Shared shared_;
  const std::shared_ptr<boost::asio::io_context> acceptor_;
  std::vector<std::shared_ptr<GrpcLoop>> loops_;
  std::shared_ptr<Listener> listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> has_shut_down_{false};
};

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, LoopGroup& loops,
                                              rpc::Dispatcher& dispatcher, const Clock& clock) {
  IMMUDB_ASSIGN(Listening listening, net::Listen(options.host, options.port));
  auto impl = std::make_unique<Impl>(options, dispatcher, clock, loops);
  impl->Listen(std::move(listening));
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  Shutdown(0);
}

std::uint16_t Server::port() const {
  return impl_->port();
}

void Server::Shutdown(std::int64_t grace_ms) {
  impl_->Shutdown(grace_ms);
}

void Server::ReplaceTls(std::shared_ptr<const TlsContext> tls) {
  impl_->ReplaceTls(std::move(tls));
}

ServerStatistics Server::statistics() const {
  return impl_->statistics();
}

}  // namespace immudb::net
