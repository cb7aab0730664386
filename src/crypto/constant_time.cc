#include "crypto/constant_time.h"

#include <openssl/crypto.h>

namespace immudb::crypto {

bool ConstantTimeEqual(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void Wipe(std::span<std::uint8_t> secret) {
  OPENSSL_cleanse(secret.data(), secret.size());
}

}  // namespace immudb::crypto
