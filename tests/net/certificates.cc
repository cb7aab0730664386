#include "certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace immudb::tests {
namespace {

constexpr long kHourSeconds = 3600;

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;
using Certificate = std::unique_ptr<X509, void (*)(X509*)>;
using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File Open(const std::string& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode), std::fclose);
  if (file == nullptr) std::abort();
  return file;
}

void AddExtension(X509* certificate, X509* issuer, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

}  // namespace

CertificateFiles MakeCertificate(const std::string& folder, const std::string& name,
                                 const CertificateFiles* issuer) {
  static long serial = 1;
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHourSeconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHourSeconds);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  Certificate issuer_certificate(nullptr, X509_free);
  Key issuer_key(nullptr, EVP_PKEY_free);
  if (issuer != nullptr) {
    issuer_certificate.reset(
        PEM_read_X509(Open(issuer->certificate, "r").get(), nullptr, nullptr, nullptr));
    issuer_key.reset(PEM_read_PrivateKey(Open(issuer->key, "r").get(), nullptr, nullptr, nullptr));
  }
  X509* const signer = issuer != nullptr ? issuer_certificate.get() : certificate.get();
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(signer));
  if (issuer == nullptr) {
    AddExtension(certificate.get(), signer, NID_basic_constraints, "critical,CA:TRUE");
  }
  AddExtension(certificate.get(), signer, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  X509_sign(certificate.get(), issuer != nullptr ? issuer_key.get() : key.get(), EVP_sha256());

  CertificateFiles files{.certificate = folder + "/" + name + ".crt",
                         .key = folder + "/" + name + ".key"};
  PEM_write_X509(Open(files.certificate, "w").get(), certificate.get());
  PEM_write_PrivateKey(Open(files.key, "w").get(), key.get(), nullptr, nullptr, 0, nullptr,
                       nullptr);
  return files;
}

}  // namespace immudb::tests
