// How references and sorted-set entries are stored as key and value. Clients rebuild these bytes to
// check a leaf, so they can never change.
//
//   target         key || index (8 bytes, highest first; zero if none) || 0x01 or, if none, 0x00
//   reference      key: its name                                  value: target
//   set entry      key: SEP || set || SEP || score || target      value: target
//   SEP            the ten bytes _~|IMMU|~_
//   score          IEEE 754 binary64, highest byte first, as it is: no change for negative numbers
//
// Byte order within a set is therefore: 0, positive scores up, then -0 and negative scores down.
// Source: immudb 0.8.1.

#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::proof {

// What a reference or a sorted-set entry points to: the newest version of a key, or the one entry
// of it that has a given index. Views bytes that it does not own.
struct TargetView {
  BytesView key;
  std::optional<LeafIndex> index;
};

// Returns the value stored for a reference or a sorted-set entry.
Bytes EncodeTarget(const TargetView& target);

// Returns what `value` points to; the view is into `value`.
// Errors: kCorrupted if EncodeTarget makes no such value.
Result<TargetView> DecodeTarget(BytesView value);

// Replaces the index in `encoded`, the value of a reference or set entry with an index, or the
// stored key of such a set entry.
// Requires: EncodeTarget or EncodeSetKey made it.
void ReplaceTargetIndex(std::span<std::uint8_t> encoded, LeafIndex index);

// Returns the first bytes of all stored keys of the sorted set `set`.
Bytes EncodeSetPrefix(BytesView set);

// Returns what the stored keys of the set `set` with this score begin with.
Bytes EncodeSetScorePrefix(BytesView set, double score);

// Returns the stored key of a sorted-set entry.
Bytes EncodeSetKey(BytesView set, double score, const TargetView& target);

struct SetMemberView {
  double score = 0;
  TargetView target;
};

// Whether `stored`, the key of a set entry that begins with the prefix of `set`, cannot be a key of
// any other set: whether its separators stand only where the name ends. If not, only the entry's
// value tells.
bool IsOfThisSetOnly(BytesView set, BytesView stored);

// Returns the member that the stored key `stored` of the set `set` is; the view is into `stored`.
// A stored key alone does not say where the name of its set ends: a name may hold the separator.
// Errors: kCorrupted if EncodeSetKey makes no such key for this set.
Result<SetMemberView> DecodeSetKey(BytesView set, BytesView stored);

}  // namespace immudb::proof
