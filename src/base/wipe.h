// Erasure of secrets from memory.

#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "immudb/bytes.h"

namespace immudb {

// Overwrites `bytes` with zeros, which the compiler may not leave out.
inline void Wipe(std::span<std::uint8_t> bytes) {
  explicit_bzero(bytes.data(), bytes.size());
}

// Wipes `bytes`, with what its memory may still hold of earlier contents, and frees it.
inline void WipeAndFree(Bytes& bytes) {
  bytes.resize(bytes.capacity());
  Wipe(bytes);
  Bytes().swap(bytes);
}

// Wipes `text`, with what its memory may still hold of earlier contents, and empties it.
inline void WipeAndClear(std::string& text) {
  text.resize(text.capacity());
  explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace immudb
