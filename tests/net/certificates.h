// Certificates for tests, made on the spot.

#pragma once

#include <string>

namespace immudb::tests {

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

// Makes a certificate for `name` and its key in `folder`: signed by `issuer`, or by itself (and
// then good as an authority) if `issuer` is null.
CertificateFiles MakeCertificate(const std::string& folder, const std::string& name,
                                 const CertificateFiles* issuer);

}  // namespace immudb::tests
