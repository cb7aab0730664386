#include "net/tls_stream.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "base/check.h"
#include "net/tls_context.h"

namespace immudb::net {

TlsStream::TlsStream(const TlsContext& context, int fd) : ssl_(SSL_new(context.get()), SSL_free) {
  IMMUDB_CHECK(ssl_ != nullptr);
  IMMUDB_CHECK(SSL_set_fd(ssl_.get(), fd) == 1);
  SSL_set_accept_state(ssl_.get());
}

TlsStream::Outcome TlsStream::Translate(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: return Outcome::kWantRead;
    case SSL_ERROR_WANT_WRITE: return Outcome::kWantWrite;
    default: has_failed_ = true; return Outcome::kClosed;
  }
}

TlsStream::Outcome TlsStream::Handshake() {
  ERR_clear_error();  // Old errors of this thread would be taken for this connection's.
  const int result = SSL_accept(ssl_.get());
  if (result != 1) return Translate(result);
  is_established_ = true;
  // A peer that offers no protocols at all passes the selection callback.
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &protocol, &size);
  const std::string_view selected(reinterpret_cast<const char*>(protocol), size);
  return selected == "h2" ? Outcome::kDone : Outcome::kClosed;
}

TlsStream::Outcome TlsStream::Read(std::span<std::uint8_t> buffer, std::size_t& bytes) {
  ERR_clear_error();
  const int result = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &bytes);
  return result == 1 ? Outcome::kDone : Translate(result);
}

TlsStream::Outcome TlsStream::Write(BytesView data, std::size_t& bytes) {
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_.get(), data.data(), data.size(), &bytes);
  return result == 1 ? Outcome::kDone : Translate(result);
}

bool TlsStream::has_pending() const {
  return SSL_pending(ssl_.get()) > 0;
}

void TlsStream::Shutdown() {
  if (!is_established_ || has_failed_) return;
  ERR_clear_error();
  SSL_shutdown(ssl_.get());
}

}  // namespace immudb::net
