#include "crypto/random.h"

#include <openssl/rand.h>

#include <algorithm>

#include "base/error.h"

namespace immudb::crypto {

Status SystemRandom::Fill(std::span<std::uint8_t> out) {
  constexpr std::size_t kRequestBytesMax = 1u << 20;  // RAND_bytes takes an int.
  while (!out.empty()) {
    const std::size_t count = std::min(out.size(), kRequestBytesMax);
    if (RAND_bytes(out.data(), static_cast<int>(count)) != 1) {
      return Fail(Code::kUnavailable, "the random generator has no entropy");
    }
    out = out.subspan(count);
  }
  return {};
}

}  // namespace immudb::crypto
