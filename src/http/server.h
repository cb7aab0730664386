// A small HTTP/1.1 server for metrics and health: GET and HEAD, no bodies, one thread of its own.
//
// It faces whoever can reach the port, so all is bounded: requests of 8 KiB, 10 s for each, so many
// connections, of which the newest is refused.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "immudb/result.h"

namespace immudb::http {

struct Response {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Answers GET for a path, without its query. Runs on the server's thread, one at a time.
using Handler = std::function<Response(const std::string& path)>;

struct ServerOptions {
  std::string host = "127.0.0.1";  // An address, or "localhost".
  std::uint16_t port = 0;          // 0: any that is free.
  std::size_t connections_max = 64;
  std::int64_t request_ms = 10'000;  // For one request and its answer; idle connections too.
};

// Thread-safe.
class Server {
 public:
  // Serves until it is destroyed; `handler` is not called after that.
  // Errors: kInvalidArgument if `host` is no address; kIo if it cannot listen there; kExhausted if
  // the system gives no thread.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, Handler handler);

  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace immudb::http
