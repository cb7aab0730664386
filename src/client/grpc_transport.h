// Calls over gRPC. The only place that sees gRPC's types is the source file of this header.

#pragma once

#include <memory>
#include <string>

#include "client/transport.h"
#include "immudb/client_options.h"
#include "immudb/result.h"

namespace immudb::client {

// What TLS needs, as PEM text. Empty certificate and key: no client certificate.
struct TlsMaterial {
  std::string authorities;  // Empty: those the system trusts.
  std::string certificate;
  std::string private_key;
};

// Returns a transport that connects at its first call, and again whenever the connection is lost.
// `tls` is read only if the options ask for TLS.
std::unique_ptr<Transport> MakeGrpcTransport(const ClientOptions& options, const TlsMaterial& tls);

}  // namespace immudb::client
