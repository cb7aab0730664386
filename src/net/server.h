// A gRPC server: listens, serves calls of a dispatcher on the loops of a group, and drains.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "http2/limits.h"
#include "http2/session.h"
#include "immudb/result.h"
#include "net/admission.h"
#include "net/loop_group.h"
#include "net/tls_context.h"
#include "rpc/call.h"

namespace immudb::net {

struct ServerOptions {
  std::string host = "127.0.0.1";           // A name, an address, "" for all, or "unix:PATH".
  std::uint16_t port = 0;                   // 0: any that is free.
  std::shared_ptr<const TlsContext> tls{};  // Null: clear text.
  http2::Limits limits{};
  AdmissionLimits admission{};
  // For the whole process: calls with their metadata and small requests; large requests that are
  // being received or worked on, others wait for them; replies that wait to be read. What exceeds
  // them, or has waited for long, is refused with RESOURCE_EXHAUSTED.
  std::size_t call_bytes_max = 32U << 20;
  std::size_t request_bytes_max = 32U << 20;
  std::size_t reply_bytes_max = 32U << 20;
  std::int64_t handshake_ms = 10'000;  // From connect to the first HTTP/2 frame.
  http2::PlainRequests plain_requests = http2::PlainRequests::kRefuse;
};

struct ServerStatistics {
  std::size_t connections = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  // By AdmissionLimits.
  std::uint64_t connections_stalled = 0;  // Closed: no handshake, or the peer does not read.
  std::uint64_t connections_abusive = 0;
  std::uint64_t connections_silent = 0;
  std::uint64_t connections_without_memory = 0;
  std::uint64_t calls_started = 0;
  std::uint64_t calls_answered = 0;
  std::uint64_t calls_refused = 0;
  std::uint64_t calls_abandoned = 0;
  std::uint64_t deadlines_exceeded = 0;
  std::uint64_t streams_stalled = 0;
  std::uint64_t pings_received = 0;
  std::uint64_t bytes_received = 0;
  std::uint64_t bytes_sent = 0;
  std::size_t call_bytes = 0;     // Held now, of ServerOptions::call_bytes_max.
  std::size_t request_bytes = 0;  // Held now, of ServerOptions::request_bytes_max.
  std::size_t reply_bytes = 0;    // Held now, of ServerOptions::reply_bytes_max.
};

// Thread-safe.
class Server {
 public:
  // Serves until Shutdown. `loops`, `dispatcher` and `clock` outlive the server; call handles may
  // outlive it.
  // Errors: kInvalidArgument or kIo if it cannot listen; nothing is left running then.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, LoopGroup& loops,
                                               rpc::Dispatcher& dispatcher, const Clock& clock);

  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  // As Shutdown(0).
  ~Server();

  // The port that is listened on; 0 for a Unix socket.
  std::uint16_t port() const;

  // Stops listening, tells the peers, lets calls in flight end for at most `grace_ms`, closes what
  // is left. The dispatcher is not called any more when this returns. A second call does nothing.
  // Not from a thread of the loops.
  void Shutdown(std::int64_t grace_ms);

  // New connections use `tls` from now on; established ones keep what they have.
  // Requires: the server was started with TLS, and `tls` is not null.
  void ReplaceTls(std::shared_ptr<const TlsContext> tls);

  ServerStatistics statistics() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace immudb::net
