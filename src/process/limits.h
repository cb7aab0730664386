// What a process may do, set once at the start.

#pragma once

#include <cstdint>

namespace immudb::process {

// Raises the number of files this process may open to the hard limit and returns the limit that
// holds afterwards.
std::uint64_t RaiseOpenFileLimit();

// Files made from now on can be read by their owner only.
void RestrictNewFiles();

}  // namespace immudb::process
