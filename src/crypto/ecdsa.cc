#include "crypto/ecdsa.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#include <array>
#include <limits>
#include <utility>

#include "base/error.h"

namespace immudb::crypto {
namespace {

constexpr std::size_t kPointBytes = 65;
constexpr std::uint8_t kUncompressed = 4;
constexpr const char* kCurve = "prime256v1";

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using KeyPointer = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using BioPointer = std::unique_ptr<BIO, Freer<BIO_free_all>>;

KeyPointer PublicKey(BytesView point) {
  if (point.size() != kPointBytes || point.front() != kUncompressed) return nullptr;
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  std::string curve = kCurve;
  Bytes copy(point.begin(), point.end());
  std::array<OSSL_PARAM, 3> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve.data(), curve.size()),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, copy.data(), copy.size()),
      OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  if (context == nullptr || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.data()) != 1) {
    return nullptr;
  }
  return KeyPointer(key);
}

// There is no password: answering so keeps OpenSSL from asking at the terminal.
int NoPassword(char* /*out*/, int /*size*/, int /*is_writing*/, void* /*unused*/) {
  return -1;
}

}  // namespace

bool VerifyEcdsa(BytesView public_key, BytesView message, BytesView signature) {
  const KeyPointer key = PublicKey(public_key);
  const DigestContext context(EVP_MD_CTX_new());
  if (key == nullptr || context == nullptr) return false;
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(),
                          message.size()) == 1;
}

struct EcdsaPrivateKey::Key {
  KeyPointer pointer;
};

EcdsaPrivateKey::EcdsaPrivateKey(std::unique_ptr<Key> key, Bytes public_key)
    : key_(std::move(key)), public_key_(std::move(public_key)) {}
EcdsaPrivateKey::~EcdsaPrivateKey() = default;
EcdsaPrivateKey::EcdsaPrivateKey(EcdsaPrivateKey&& other) noexcept = default;
EcdsaPrivateKey& EcdsaPrivateKey::operator=(EcdsaPrivateKey&& other) noexcept = default;

Result<EcdsaPrivateKey> EcdsaPrivateKey::FromPem(std::string_view pem) {
  if (pem.size() > std::numeric_limits<int>::max()) {
    return Fail(Code::kInvalidArgument, "the signing key is too long");
  }
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPointer key(bio == nullptr ? nullptr
                                : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  std::array<char, 32> curve{};
  std::size_t curve_bytes = 0;
  if (key == nullptr ||
      EVP_PKEY_get_group_name(key.get(), curve.data(), curve.size(), &curve_bytes) != 1 ||
      std::string_view(curve.data(), curve_bytes) != kCurve) {
    return Fail(Code::kInvalidArgument, "the signing key is no P-256 key in PEM");
  }
  // A key may say that its point is to be written compressed; ours never is.
  Bytes point(kPointBytes);
  std::size_t point_bytes = 0;
  if (EVP_PKEY_set_utf8_string_param(key.get(), OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                     "uncompressed") != 1 ||
      EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                      point.size(), &point_bytes) != 1 ||
      point_bytes != kPointBytes) {
    return Fail(Code::kInvalidArgument, "the signing key has no public point");
  }
  return EcdsaPrivateKey(std::make_unique<Key>(Key{std::move(key)}), std::move(point));
}

Result<Bytes> EcdsaPrivateKey::Sign(BytesView message) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  if (context == nullptr ||
      EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_->pointer.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1) {
    return Fail(Code::kUnavailable, "the signing key cannot be used");
  }
  Bytes signature(size);
  if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
    return Fail(Code::kUnavailable, "signing failed");
  }
  signature.resize(size);
  return signature;
}

}  // namespace immudb::crypto
