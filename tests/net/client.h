// A gRPC client for tests: one connection, blocking, with libnghttp2 on a socket and, if asked for,
// OpenSSL between them.

#pragma once

#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace immudb::tests {

struct Reply {
  std::map<std::string, std::string> fields;  // Of the head and the trailers.
  std::string body;
  std::optional<std::uint32_t> closed_as;

  std::string status() const {
    const auto found = fields.find("grpc-status");
    return found == fields.end() ? "<none>" : found->second;
  }
};

std::string Framed(std::string_view message);

// Not thread-safe.
class Client {
 public:
  // Null if the connection or its TLS handshake is refused. `target` is a port of 127.0.0.1 or a
  // path. `tls` may be null.
  static std::unique_ptr<Client> ToPort(std::uint16_t port, SSL_CTX* tls = nullptr);
  static std::unique_ptr<Client> ToPath(const std::string& path);

  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client();

  std::int32_t Begin(const std::string& method, std::string_view message);
  // Reads until the call has ended or the connection has.
  Reply Await(std::int32_t id);
  Reply Call(const std::string& method, std::string_view message) {
    return Await(Begin(method, message));
  }

  // Raw bytes, instead of libnghttp2's. Returns false once the peer has closed.
  bool SendRaw(std::string_view bytes);
  // Reads until the peer closes; false if it doesn't within `seconds`.
  bool AwaitEnd(int seconds);
  // The peer's certificate's name; with TLS only.
  std::string PeerName() const;

 private:
  friend struct ClientCallbacks;

  Client() = default;
  static std::unique_ptr<Client> On(int fd, SSL_CTX* tls);
  bool Flush();
  bool ReadSome();

  int fd_ = -1;
  SSL* ssl_ = nullptr;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::string> uploads_;
  std::map<std::int32_t, Reply> replies_;
};

}  // namespace immudb::tests
