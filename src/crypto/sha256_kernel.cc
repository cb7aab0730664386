#include "crypto/sha256_kernel.h"

// The low-level calls are deprecated in OpenSSL 3 in favour of ones that are too slow here.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "base/encoding.h"
#include "base/log.h"
#include "crypto/sha256.h"
#include "crypto/sha256_lanes.h"

namespace immudb::crypto::internal {
namespace {

void OpensslCompressOne(Stream stream, std::size_t block_count) {
  SHA256_CTX context;
  SHA256_Init(&context);
  std::copy(std::begin(stream.state->words), std::end(stream.state->words), context.h);
  for (std::size_t i = 0; i < block_count; i++) {
    SHA256_Transform(&context, stream.blocks + i * kBlockBytes);
  }
  std::copy(std::begin(context.h), std::end(context.h), stream.state->words);
}

void OpensslCompressTwo(const Stream (&streams)[2], std::size_t block_count) {
  for (const Stream& stream : streams) OpensslCompressOne(stream, block_count);
}

void OpensslHashPairs(std::uint8_t prefix, const std::uint8_t* inputs, std::uint8_t* outputs,
                      std::size_t count) {
  for (std::size_t i = 0; i < count; i++) {
    SHA256_CTX context;
    SHA256_Init(&context);
    SHA256_Update(&context, &prefix, 1);
    SHA256_Update(&context, inputs + i * 2 * kDigestBytes, 2 * kDigestBytes);
    SHA256_Final(outputs + i * kDigestBytes, &context);
  }
}

bool CpuHasShaInstructions() {
#if defined(__x86_64__)
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  const bool has_sse = (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
  if (!has_sse || __get_cpuid_count(7, 0, &a, &b, &c, &d) == 0) return false;
  return (b & bit_SHA) != 0;
#else
  return false;
#endif
}

struct KnownDigest {
  std::string_view message;
  std::array<std::uint32_t, 8> words;
};

// The examples published with FIPS 180-4, and the digest of nothing.
constexpr std::array<KnownDigest, 3> kKnownDigests = {{
    {"",
     {0xe3b0c442, 0x98fc1c14, 0x9afbf4c8, 0x996fb924, 0x27ae41e4, 0x649b934c, 0xa495991b,
      0x7852b855}},
    {"abc",
     {0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3, 0x96177a9c, 0xb410ff61,
      0xf20015ad}},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     {0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459, 0x64ff2167, 0xf6ecedd4,
      0x19db06c1}},
}};

Digest ToDigest(const std::array<std::uint32_t, 8>& words) {
  Digest digest;
  for (std::size_t i = 0; i < words.size(); i++) {
    PutU32(digest.data() + 4 * i, __builtin_bswap32(words[i]));
  }
  return digest;
}

}  // namespace

const Kernel& OpensslKernel() {
  static constexpr Kernel kKernel = {OpensslCompressOne, OpensslCompressTwo, OpensslHashPairs};
  return kKernel;
}

const Kernel* ShaNiKernel() {
#if defined(__x86_64__)
  static constexpr Kernel kKernel = {ShaNiCompressOne, ShaNiCompressTwo, ShaNiHashPairs};
  static const bool has_instructions = CpuHasShaInstructions();
  return has_instructions ? &kKernel : nullptr;
#else
  return nullptr;
#endif
}

bool SelfTest(const Kernel& kernel) {
  std::vector<MessageParts> messages;
  std::vector<Digest> expected;
  for (const KnownDigest& known : kKnownDigests) {
    messages.push_back({AsBytes(known.message), {}, {}});
    expected.push_back(ToDigest(known.words));
  }
  std::array<std::uint8_t, 200> bytes{};
  for (std::size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<std::uint8_t>(i * 151 + 7);
  for (std::size_t length = 0; length <= bytes.size(); length += 9) {
    messages.push_back({BytesView(bytes).first(length), {}, {}});
    expected.push_back(Sha256(messages.back()));
  }
  std::vector<Digest> found(messages.size());
  HashLanes(kernel, messages, found);
  if (found != expected) return false;

  std::array<Digest, 3> parents{};
  kernel.hash_pairs(1, found.front().data(), parents.front().data(), parents.size());
  for (std::size_t i = 0; i < parents.size(); i++) {
    const std::uint8_t prefix = 1;
    const std::array<BytesView, 3> parts = {BytesView(&prefix, 1), found[2 * i], found[2 * i + 1]};
    if (parents[i] != Sha256(parts)) return false;
  }
  return true;
}

const Kernel& ChosenKernel() {
  static const Kernel& kernel = []() -> const Kernel& {
    const Kernel* own = ShaNiKernel();
    if (own == nullptr) return OpensslKernel();
    if (SelfTest(*own)) return *own;
    Log(LogLevel::kError, "the SHA instructions of this processor failed their self-test");
    return OpensslKernel();
  }();
  return kernel;
}

}  // namespace immudb::crypto::internal
