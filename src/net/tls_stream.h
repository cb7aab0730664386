// The server's side of one TLS connection, by OpenSSL directly on the descriptor: a third of the
// memory of a stream that goes through buffers of its own, and the same code path as clear text.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "immudb/bytes.h"

struct ssl_st;

namespace immudb::net {

class TlsContext;

// Not thread-safe.
class TlsStream {
 public:
  enum class Outcome : std::uint8_t { kDone, kWantRead, kWantWrite, kClosed };

  // Requires: `fd` is connected and does not block.
  TlsStream(const TlsContext& context, int fd);

  // kClosed also if the peer did not agree on HTTP/2.
  Outcome Handshake();
  // `bytes` says how much was read or written with kDone.
  Outcome Read(std::span<std::uint8_t> buffer, std::size_t& bytes);
  // After kWantWrite it must be called again with the same bytes first.
  Outcome Write(BytesView data, std::size_t& bytes);
  // True if decrypted bytes are left that no readiness of the descriptor will announce.
  bool has_pending() const;
  void Shutdown();

 private:
  Outcome Translate(int result);

  std::unique_ptr<ssl_st, void (*)(ssl_st*)> ssl_;
  bool is_established_ = false;
  bool has_failed_ = false;
};

}  // namespace immudb::net
