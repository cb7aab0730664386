// What the operating system knows about this process.

#pragma once

#include <cstdint>

namespace immudb::process {

// Zero where the system does not tell.
struct ProcessFigures {
  double cpu_seconds = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t virtual_bytes_max = 0;
  std::uint64_t disk_read_bytes = 0;
  std::uint64_t disk_written_bytes = 0;
};

ProcessFigures ReadProcessFigures();

}  // namespace immudb::process
