// Small things that every measuring program needs: times, keys, and how to give up.

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "immudb/result.h"

namespace immudb::bench {

using Clock = std::chrono::steady_clock;

inline double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Ends the program: a benchmark that failed has measured nothing.
[[noreturn]] inline void GiveUp(const std::string& reason) {
  std::fprintf(stderr, "failed: %s\n", reason.c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result) {
  if (!result) GiveUp(result.error().message);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// splitmix64: every number has another one.
inline std::uint64_t Mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

constexpr std::size_t kKeyBytes = 16;
constexpr std::size_t kValueBytes = 64;
constexpr std::array<std::uint8_t, kValueBytes> kValue{1, 2, 3};

using KeyBytes = std::array<std::uint8_t, kKeyBytes>;

// The i-th of the random keys.
inline KeyBytes RandomKey(std::uint64_t i) {
  KeyBytes key{};
  const std::uint64_t high = Mix(i);
  const std::uint64_t low = Mix(high ^ i);
  std::memcpy(key.data(), &high, 8);
  std::memcpy(key.data() + 8, &low, 8);
  // No key begins with a zero byte, or with one that scans backwards pass over.
  key[0] = static_cast<std::uint8_t>((key[0] & 0x7f) | 1);
  return key;
}

// The i-th of the keys in order.
inline KeyBytes SequentialKey(std::uint64_t i) {
  KeyBytes key{'k', 'e', 'y'};
  for (std::size_t at = kKeyBytes - 1; at >= 3; --at, i /= 10) {
    key[at] = static_cast<std::uint8_t>('0' + i % 10);
  }
  return key;
}

}  // namespace immudb::bench
