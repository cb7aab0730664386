// Fixed-width integers in bytes: little-endian as in every file of this project, and big-endian as
// in the digests that clients recompute.

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "immudb/bytes.h"

namespace immudb {

static_assert(std::endian::native == std::endian::little,
              "files are little-endian, as is this CPU");

template <typename T>
void PutLittle(std::uint8_t* out, T value) {
  std::memcpy(out, &value, sizeof value);
}

template <typename T>
T GetLittle(const std::uint8_t* in) {
  T value;
  std::memcpy(&value, in, sizeof value);
  return value;
}

inline void PutU16(std::uint8_t* out, std::uint16_t value) {
  PutLittle(out, value);
}
inline void PutU32(std::uint8_t* out, std::uint32_t value) {
  PutLittle(out, value);
}
inline void PutU64(std::uint8_t* out, std::uint64_t value) {
  PutLittle(out, value);
}
inline std::uint16_t GetU16(const std::uint8_t* in) {
  return GetLittle<std::uint16_t>(in);
}
inline std::uint32_t GetU32(const std::uint8_t* in) {
  return GetLittle<std::uint32_t>(in);
}
inline std::uint64_t GetU64(const std::uint8_t* in) {
  return GetLittle<std::uint64_t>(in);
}

inline void PutBigU64(std::uint8_t* out, std::uint64_t value) {
  PutLittle(out, __builtin_bswap64(value));
}
inline std::uint64_t GetBigU64(const std::uint8_t* in) {
  return __builtin_bswap64(GetLittle<std::uint64_t>(in));
}

}  // namespace immudb
