// CRC-32C (Castagnoli), the checksum of every file format of this project (RFC 3720 section 12.1).

#pragma once

#include <cstdint>

#include "immudb/bytes.h"

namespace immudb {

// Extends `crc`, the checksum of the bytes before `data` (0 for none), over `data`. A caller may
// pass any other number as a seed, to bind the checksum to a place or an owner.
// Cost: about 0.15 ns a byte with SSE 4.2, 1.5 ns without.
std::uint32_t Crc32c(std::uint32_t crc, BytesView data);

}  // namespace immudb
