// A connected descriptor, plain or with TLS on it. Never blocks.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "http2/output.h"
#include "net/address.h"
#include "net/tls_stream.h"

namespace immudb::net {

struct IoResult {
  enum class Kind : std::uint8_t {
    kDone,       // `bytes` bytes; for writing, fewer than asked means: wait until writable.
    kWantRead,   // Nothing until the descriptor is readable.
    kWantWrite,  // Nothing until it is writable.
    kClosed,     // The end, or an error: it is of no more use.
  };
  Kind kind = Kind::kClosed;
  std::size_t bytes = 0;
};

// Not thread-safe.
class Wire {
 public:
  // `tls` is null for clear text. The descriptor is closed by its owner, after this.
  Wire(int fd, std::unique_ptr<TlsStream> tls) : fd_(fd), tls_(std::move(tls)) {}

  bool is_encrypted() const { return tls_ != nullptr; }

  // Does the next part of the TLS handshake; without TLS there is none. kDone: it is complete and
  // the peer speaks HTTP/2.
  IoResult Handshake();

  // Reads what is there, at most `buffer`'s size.
  IoResult Read(std::span<std::uint8_t> buffer);

  // True if there is more to read that no readiness of the descriptor will announce.
  bool has_pending() const;

  // Writes the front of `output` and consumes it.
  IoResult Write(http2::Output& output);

  // Says that nothing more will be written.
  void EndWriting();

 private:
  int fd_;
  std::unique_ptr<TlsStream> tls_;
};

}  // namespace immudb::net
