// The hash of an interior node (RFC 6962 section 2.1):
//
//   node = SHA-256(0x01 || left || right)
//
// Leaves arrive hashed already, with the prefix 0x00; see docs/proofs.md. The two prefixes keep a
// leaf from being taken for a node.

#pragma once

#include <cstdint>
#include <span>

#include "immudb/digest.h"

namespace immudb::merkle {

inline constexpr std::uint8_t kNodePrefix = 0x01;

Digest HashNode(const Digest& left, const Digest& right);

// Puts the hash of `children[2i]` and `children[2i + 1]` into `parents[i]`. The ranges may not
// overlap. Cost: half of HashNode for each.
// Requires: two children for each parent.
void HashLevel(std::span<const Digest> children, std::span<Digest> parents);

// The root of no leaves: SHA-256 of nothing.
Digest EmptyRoot();

}  // namespace immudb::merkle
