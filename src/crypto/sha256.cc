#include "crypto/sha256.h"

// The low-level calls are deprecated in OpenSSL 3 in favour of ones that are too slow here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "base/check.h"
#include "crypto/sha256_kernel.h"
#include "crypto/sha256_lanes.h"

namespace immudb::crypto {

Digest Sha256(std::span<const BytesView> parts) {
  SHA256_CTX context;
  SHA256_Init(&context);
  for (const BytesView part : parts) SHA256_Update(&context, part.data(), part.size());
  Digest digest;
  SHA256_Final(digest.data(), &context);
  return digest;
}

void Sha256Many(std::span<const MessageParts> messages, std::span<Digest> digests) {
  internal::HashLanes(internal::ChosenKernel(), messages, digests);
}

void Sha256Pairs(std::uint8_t prefix, std::span<const Digest> inputs, std::span<Digest> outputs) {
  IMMUDB_CHECK(inputs.size() == 2 * outputs.size());
  if (outputs.empty()) return;
  internal::ChosenKernel().hash_pairs(prefix, inputs.front().data(), outputs.front().data(),
                                      outputs.size());
}

}  // namespace immudb::crypto
