// What the disk needs for one durable write, whoever writes it.

#pragma once

#include <cstddef>
#include <string>

#include "latencies.h"

namespace immudb::bench {

// Times `count` writes of 200 bytes into a file of zeros in `directory`, each followed by
// fdatasync. Ends the program if the disk refuses.
Latencies ProbeDevice(const std::string& directory, std::size_t count);

}  // namespace immudb::bench
