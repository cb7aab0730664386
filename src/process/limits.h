// What a process and its threads may do.

#pragma once

#include <cstdint>

namespace immudb::process {

// Raises the number of files this process may open to the hard limit and returns the limit that
// holds afterwards.
std::uint64_t RaiseOpenFileLimit();

// Lets the calling thread have processors and disks when nobody else wants them. Where the system
// does not allow it, the thread goes on as it was.
void LowerThreadPriority();

// Files made from now on can be read by their owner only.
void RestrictNewFiles();

}  // namespace immudb::process
