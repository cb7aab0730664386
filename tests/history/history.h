// What concurrent clients of one ledger did and saw, and whether one order of events explains it.
//
// Acknowledged indexes give the order of writes, so that the check needs no search: the cost is
// that of sorting. It shares no code with the engine but the definition of the leaf.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "immudb/digest.h"

namespace immudb::history {

// Keys and values are numbers; the value of each write is its own.
struct Version {
  std::uint32_t key = 0;
  std::uint64_t index = 0;
  std::uint64_t value = 0;
  bool operator==(const Version&) const = default;
};

// One call and its answer. Times count events of all clients: of two events that one client could
// know the order of, the later has the larger time.
struct Call {
  enum class Kind : std::uint8_t {
    kWrite,  // Stored `versions`, in this order, as one batch.
    kGet,    // Was answered with versions[0], or that there is none of `key`.
    kScan,   // Was answered with `versions`, the newest of each key from `key` up to `key_end`.
    kHead,   // Was answered with `size` and `root`.
  };
  Kind kind = Kind::kWrite;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::vector<Version> versions = {};
  std::uint32_t key = 0;
  std::uint32_t key_end = 0;
  std::uint64_t size = 0;
  Digest root{};
};

// How a key or value is stored.
std::string StoredKey(std::uint32_t key);
std::string StoredValue(std::uint64_t value);

// Returns what is wrong first, or nothing if all of this holds:
//
// - The indexes of acknowledged writes are 0, 1, 2 ... without a gap, consecutive within a batch; a
//   write that began after another had been acknowledged has the larger index.
// - For each read there is one size of the ledger that gives just this answer. That size is not
//   below any that a call which had ended before showed, and nothing in the answer was written by a
//   call that began later.
// - Each head has the root of RFC 6962 over all entries below its size.
//
// Requires: every write of the ledger is among `calls` and was acknowledged.
std::optional<std::string> FindViolation(const std::vector<Call>& calls);

}  // namespace immudb::history
