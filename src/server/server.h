// A running server: the parts wired together, started and stopped in the right order.
//
//   engine -> catalog (databases, users file, audit trail) -> users, sessions -> service -> network

#pragma once

#include <cstdint>
#include <memory>

#include "immudb/result.h"
#include "server/settings.h"

namespace immudb::server {

// Not thread-safe; serves on threads of its own.
class Server {
 public:
  // Opens the data folder, recovering what a crash left, and serves it.
  // Errors: as catalog::Catalog::Open, api::OpenUsers and net::Server::Start. Nothing is left
  // running then, and what was opened is closed.
  static Result<std::unique_ptr<Server>> Start(const Settings& settings);

  // As Stop, whose error only the log sees then.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that is listened on; 0 for a Unix socket.
  std::uint16_t port() const;

  // Reads the files for TLS anew, for connections that come from now on. A bad one changes nothing;
  // the log tells. Does nothing without TLS. Not while Stop runs.
  void ReloadTls();

  // Stops listening, lets calls under way end, closes the databases with a checkpoint. Idempotent.
  // Errors: as catalog::Catalog::Close; all has been stopped all the same.
  Status Stop();

 private:
  struct Parts;
  Server(std::unique_ptr<Parts> parts, Settings settings);

  Settings settings_;  // Without the password.
  std::unique_ptr<Parts> parts_;
};

}  // namespace immudb::server
