// How blocks are compressed: by the processor's SHA instructions or by OpenSSL. Internal to crypto;
// a header of its own so that the tests can compare the two.

#pragma once

#include <cstddef>
#include <cstdint>

namespace immudb::crypto::internal {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kDigestBytes = 32;

// The eight chaining words of FIPS 180-4 section 6.2, H0 first.
struct ChainState {
  std::uint32_t words[8];
};

inline constexpr ChainState kInitialState = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                              0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};

// One of two streams of blocks that are compressed side by side.
struct Stream {
  ChainState* state;
  const std::uint8_t* blocks;
};

struct Kernel {
  void (*compress_one)(Stream stream, std::size_t block_count);
  void (*compress_two)(const Stream (&streams)[2], std::size_t block_count);
  // Hashes `count` messages of a prefix byte and 64 bytes; `inputs` holds the latter back to back.
  void (*hash_pairs)(std::uint8_t prefix, const std::uint8_t* inputs, std::uint8_t* outputs,
                     std::size_t count);
};

const Kernel& OpensslKernel();

// Null if the processor lacks the instructions.
const Kernel* ShaNiKernel();

// Whether `kernel` finds known digests and agrees with OpenSSL on others.
bool SelfTest(const Kernel& kernel);

// The kernel this process uses.
const Kernel& ChosenKernel();

// Defined in sha256_ni.cc, which alone is compiled for processors with SHA instructions.
void ShaNiCompressOne(Stream stream, std::size_t block_count);
void ShaNiCompressTwo(const Stream (&streams)[2], std::size_t block_count);
void ShaNiHashPairs(std::uint8_t prefix, const std::uint8_t* inputs, std::uint8_t* outputs,
                    std::size_t count);

}  // namespace immudb::crypto::internal
