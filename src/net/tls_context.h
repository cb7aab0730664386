// What a TLS server presents and demands. At least TLS 1.2, HTTP/2 by ALPN, no renegotiation, no
// compression.

#pragma once

#include <memory>
#include <string>

#include "immudb/result.h"

struct ssl_ctx_st;

namespace immudb::net {

struct TlsOptions {
  std::string certificate_file;  // PEM: the certificate, then those that lead to its authority.
  std::string key_file;          // PEM.
  // PEM: authorities of clients. With it, a client without a certificate of theirs is refused.
  std::string client_authorities_file;
};

// Thread-safe: immutable. Replace it as a whole; see Server::ReplaceTls.
class TlsContext {
 public:
  // Errors: kInvalidArgument with OpenSSL's reason if a file is missing, unusable or does not fit
  // the others.
  static Result<std::shared_ptr<const TlsContext>> Load(const TlsOptions& options);

  ssl_ctx_st* get() const { return context_.get(); }

 private:
  using Handle = std::unique_ptr<ssl_ctx_st, void (*)(ssl_ctx_st*)>;
  explicit TlsContext(Handle context) : context_(std::move(context)) {}

  Handle context_;
};

}  // namespace immudb::net
