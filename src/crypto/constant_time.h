// Comparison and erasure of secrets.

#pragma once

#include <cstdint>
#include <span>

#include "immudb/bytes.h"

namespace immudb::crypto {

// Compares in a time that depends on the lengths only, not on where the first difference is.
bool ConstantTimeEqual(BytesView a, BytesView b);

// Overwrites `secret` with zeros, which the compiler may not leave out.
void Wipe(std::span<std::uint8_t> secret);

}  // namespace immudb::crypto
