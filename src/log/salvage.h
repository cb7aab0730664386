// What can still be told of a record that is damaged: each entry carries its own checksums, and its
// index is part of them.

#pragma once

#include <cstdint>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/tree.h"

namespace immudb::log {

// Consecutive entries, one after the other, whose headers and keys verify. A value may be damaged:
// whoever reads it finds out.
struct Stretch {
  LeafIndex first;
  std::uint32_t count = 0;
  std::size_t begin = 0;  // In the body.
  std::size_t bytes = 0;
};

// Finds the entries of [first, end) in `body`, which begins where entry `first` began. Where an
// entry cannot be read, the next one is looked for at every byte behind it, with a limit on the
// work: a value that looks like entries costs the rest of the record, and not the whole day.
std::vector<Stretch> Salvage(BytesView body, LeafIndex first, LeafIndex end);

}  // namespace immudb::log
