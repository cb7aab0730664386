#include "base/crc32c.h"

#include <array>

#include "base/encoding.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace immudb {
namespace {

constexpr std::array<std::uint32_t, 256> MakeTable() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; i++) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
    table[i] = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = MakeTable();

std::uint32_t ExtendPortable(std::uint32_t state, BytesView data) {
  for (const std::uint8_t byte : data) state = (state >> 8) ^ kTable[(state ^ byte) & 0xff];
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t ExtendSse(std::uint32_t state, BytesView data) {
  std::uint64_t wide = state;
  const std::uint8_t* in = data.data();
  std::size_t left = data.size();
  for (; left >= 8; in += 8, left -= 8) wide = _mm_crc32_u64(wide, GetU64(in));
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; left > 0; in++, left--) narrow = _mm_crc32_u8(narrow, *in);
  return narrow;
}
#endif

}  // namespace

std::uint32_t Crc32c(std::uint32_t crc, BytesView data) {
#if defined(__x86_64__)
  static const bool has_sse = __builtin_cpu_supports("sse4.2") != 0;
  if (has_sse) return ~ExtendSse(~crc, data);
#endif
  return ~ExtendPortable(~crc, data);
}

}  // namespace immudb
