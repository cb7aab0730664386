// SHA-256 on the SHA instructions of x86-64, one or two streams at once.
//
// This file alone is compiled with -msha -msse4.1, and only runs after a check that the processor
// has both. It therefore includes no header whose inline functions the linker might share with
// the rest of the program.
//
// The rounds want the state in two registers, (A, B, E, F) and (C, D, G, H) from the high word
// down; each instruction does two rounds, and a group of four takes one register of the message.

#include <immintrin.h>

#include "crypto/sha256_kernel.h"

namespace immudb::crypto::internal {
namespace {

#define IMMUDB_INLINE inline __attribute__((always_inline))

// FIPS 180-4 section 4.2.2.
alignas(16) constexpr std::uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

struct Registers {
  __m128i abef;
  __m128i cdgh;
};

struct Block {
  __m128i words[4];  // Sixteen message words, the first in the lowest place.
};

IMMUDB_INLINE __m128i Load(const std::uint8_t* bytes) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes));
}

IMMUDB_INLINE void Store(void* out, __m128i value) {
  _mm_storeu_si128(static_cast<__m128i*>(out), value);
}

// Reverses the bytes of each 32-bit word.
IMMUDB_INLINE __m128i SwapWords(__m128i bytes) {
  const __m128i order = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm_shuffle_epi8(bytes, order);
}

IMMUDB_INLINE Registers LoadState(const ChainState& state) {
  const __m128i abcd = Load(reinterpret_cast<const std::uint8_t*>(state.words));
  const __m128i efgh = Load(reinterpret_cast<const std::uint8_t*>(state.words + 4));
  const __m128i dcba = _mm_shuffle_epi32(abcd, 0x1b);
  const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);
  return {_mm_unpackhi_epi64(hgfe, dcba), _mm_unpacklo_epi64(hgfe, dcba)};
}

struct Halves {
  __m128i abcd;
  __m128i efgh;
};

IMMUDB_INLINE Halves ToHalves(const Registers& state) {
  const __m128i dcba = _mm_unpackhi_epi64(state.cdgh, state.abef);
  const __m128i hgfe = _mm_unpacklo_epi64(state.cdgh, state.abef);
  return {_mm_shuffle_epi32(dcba, 0x1b), _mm_shuffle_epi32(hgfe, 0x1b)};
}

IMMUDB_INLINE void StoreState(const Registers& state, ChainState& out) {
  const Halves halves = ToHalves(state);
  Store(out.words, halves.abcd);
  Store(out.words + 4, halves.efgh);
}

IMMUDB_INLINE void StoreDigest(const Registers& state, std::uint8_t* out) {
  const Halves halves = ToHalves(state);
  Store(out, SwapWords(halves.abcd));
  Store(out + 16, SwapWords(halves.efgh));
}

IMMUDB_INLINE Block LoadBlock(const std::uint8_t* bytes) {
  return {{SwapWords(Load(bytes)), SwapWords(Load(bytes + 16)), SwapWords(Load(bytes + 32)),
           SwapWords(Load(bytes + 48))}};
}

// Calls `body` for each stream. A loop over two streams is not unrolled at -O2, and would keep the
// state in memory.
template <std::size_t kStreams, typename Body>
IMMUDB_INLINE void ForEachStream(Body body) {
  static_assert(kStreams == 1 || kStreams == 2);
  body(0);
  if constexpr (kStreams == 2) body(1);
}

// Four rounds of one stream, of the group `kGroup`.
template <std::size_t kGroup>
IMMUDB_INLINE void FourRounds(Registers& state, Block& block, __m128i constants) {
  __m128i(&words)[4] = block.words;
  const __m128i sum = _mm_add_epi32(words[kGroup % 4], constants);
  state.cdgh = _mm_sha256rnds2_epu32(state.cdgh, state.abef, sum);
  state.abef = _mm_sha256rnds2_epu32(state.abef, state.cdgh, _mm_shuffle_epi32(sum, 0x0e));
  if constexpr (kGroup < 12) {  // The message words four groups on, in the place of these.
    const __m128i near = words[(kGroup + 3) % 4];
    __m128i next = _mm_sha256msg1_epu32(words[kGroup % 4], words[(kGroup + 1) % 4]);
    next = _mm_add_epi32(next, _mm_alignr_epi8(near, words[(kGroup + 2) % 4], 4));
    words[kGroup % 4] = _mm_sha256msg2_epu32(next, near);
  }
}

// The groups of rounds from `kGroup` on, of every stream in turn: each hides the latency of the
// others.
template <std::size_t kGroup, std::size_t kStreams>
IMMUDB_INLINE void RoundsFrom(Registers (&states)[kStreams], Block (&blocks)[kStreams]) {
  if constexpr (kGroup < 16) {
    const __m128i constants =
        _mm_load_si128(reinterpret_cast<const __m128i*>(kRoundConstants + 4 * kGroup));
    ForEachStream<kStreams>([&](std::size_t i) __attribute__((always_inline)) {
      FourRounds<kGroup>(states[i], blocks[i], constants);
    });
    RoundsFrom<kGroup + 1, kStreams>(states, blocks);
  }
}

template <std::size_t kStreams>
IMMUDB_INLINE void Compress(Registers (&states)[kStreams], Block (&blocks)[kStreams]) {
  Registers before[kStreams];
  ForEachStream<kStreams>([&](std::size_t i)
                              __attribute__((always_inline)) { before[i] = states[i]; });
  RoundsFrom<0, kStreams>(states, blocks);
  ForEachStream<kStreams>([&](std::size_t i) __attribute__((always_inline)) {
    states[i].abef = _mm_add_epi32(states[i].abef, before[i].abef);
    states[i].cdgh = _mm_add_epi32(states[i].cdgh, before[i].cdgh);
  });
}

// The two blocks of the 65-byte message of `prefix` and the 64 bytes at `input`, padded.
struct PairBlocks {
  Block first;
  Block second;
};

IMMUDB_INLINE PairBlocks MakePairBlocks(std::uint8_t prefix, const std::uint8_t* input) {
  const __m128i a = Load(input);
  const __m128i b = Load(input + 16);
  const __m128i c = Load(input + 32);
  const __m128i d = Load(input + 48);
  const __m128i head = _mm_slli_si128(_mm_cvtsi32_si128(prefix), 15);
  const __m128i end_mark = _mm_cvtsi32_si128(0x80);
  const __m128i zero = _mm_setzero_si128();
  const __m128i length = _mm_set_epi32(65 * 8, 0, 0, 0);  // Already as message words.
  return {{{SwapWords(_mm_alignr_epi8(a, head, 15)), SwapWords(_mm_alignr_epi8(b, a, 15)),
            SwapWords(_mm_alignr_epi8(c, b, 15)), SwapWords(_mm_alignr_epi8(d, c, 15))}},
          {{SwapWords(_mm_alignr_epi8(end_mark, d, 15)), zero, zero, length}}};
}

template <std::size_t kStreams>
IMMUDB_INLINE void HashPairs(std::uint8_t prefix, const std::uint8_t* inputs,
                             std::uint8_t* outputs) {
  Registers states[kStreams];
  Block first[kStreams];
  Block second[kStreams];
  ForEachStream<kStreams>([&](std::size_t i) __attribute__((always_inline)) {
    const PairBlocks blocks = MakePairBlocks(prefix, inputs + i * 2 * kDigestBytes);
    states[i] = LoadState(kInitialState);
    first[i] = blocks.first;
    second[i] = blocks.second;
  });
  Compress<kStreams>(states, first);
  Compress<kStreams>(states, second);
  ForEachStream<kStreams>([&](std::size_t i) __attribute__((always_inline)) {
    StoreDigest(states[i], outputs + i * kDigestBytes);
  });
}

}  // namespace

void ShaNiCompressOne(Stream stream, std::size_t block_count) {
  Registers states[1] = {LoadState(*stream.state)};
  for (std::size_t i = 0; i < block_count; i++) {
    Block blocks[1] = {LoadBlock(stream.blocks + i * kBlockBytes)};
    Compress<1>(states, blocks);
  }
  StoreState(states[0], *stream.state);
}

void ShaNiCompressTwo(const Stream (&streams)[2], std::size_t block_count) {
  Registers states[2] = {LoadState(*streams[0].state), LoadState(*streams[1].state)};
  for (std::size_t i = 0; i < block_count; i++) {
    Block blocks[2] = {LoadBlock(streams[0].blocks + i * kBlockBytes),
                       LoadBlock(streams[1].blocks + i * kBlockBytes)};
    Compress<2>(states, blocks);
  }
  StoreState(states[0], *streams[0].state);
  StoreState(states[1], *streams[1].state);
}

void ShaNiHashPairs(std::uint8_t prefix, const std::uint8_t* inputs, std::uint8_t* outputs,
                    std::size_t count) {
  std::size_t i = 0;
  for (; i + 2 <= count; i += 2) {
    HashPairs<2>(prefix, inputs + i * 2 * kDigestBytes, outputs + i * kDigestBytes);
  }
  if (i < count) HashPairs<1>(prefix, inputs + i * 2 * kDigestBytes, outputs + i * kDigestBytes);
}

#undef IMMUDB_INLINE

}  // namespace immudb::crypto::internal
