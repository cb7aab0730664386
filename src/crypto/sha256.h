// SHA-256 (FIPS 180-4), one message at a time and many at once.
//
// One message goes through OpenSSL's low-level calls: fetching an algorithm for every message, as
// its newer interface does, costs 240 ns more. Many messages go through a kernel of our own
// that keeps two of them in flight, where the processor has SHA instructions: one message alone
// waits for its own rounds half of the time. The kernel is checked against known digests at first
// use; if the processor lacks the instructions, or the check fails, OpenSSL does this work too.

#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "immudb/bytes.h"
#include "immudb/digest.h"

namespace immudb::crypto {

// Returns the digest of `parts`, one after the other.
Digest Sha256(std::span<const BytesView> parts);

inline Digest Sha256(BytesView message) {
  return Sha256(std::span<const BytesView>(&message, 1));
}

// A message in up to three pieces, so that a caller need not copy a value behind its header.
using MessageParts = std::array<BytesView, 3>;

// Puts the digest of `messages[i]` into `digests[i]`. Pieces of any length, hashed where they lie.
// Requires: as many digests as messages.
void Sha256Many(std::span<const MessageParts> messages, std::span<Digest> digests);

// Puts SHA-256(prefix || inputs[2i] || inputs[2i + 1]) into `outputs[i]`. The ranges may not
// overlap.
// Requires: two inputs for each output.
void Sha256Pairs(std::uint8_t prefix, std::span<const Digest> inputs, std::span<Digest> outputs);

}  // namespace immudb::crypto
