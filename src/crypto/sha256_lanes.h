// Feeds messages of any lengths to the two streams of a kernel. Internal to crypto.

#pragma once

#include <span>

#include "crypto/sha256.h"
#include "crypto/sha256_kernel.h"

namespace immudb::crypto::internal {

// Sha256Many with a given kernel. A stream takes the next message as soon as it has finished one,
// so that messages of different lengths still keep both busy.
void HashLanes(const Kernel& kernel, std::span<const MessageParts> messages,
               std::span<Digest> digests);

}  // namespace immudb::crypto::internal
