// What the small files that are read and replaced as a whole begin and end with:
//
//   offset  bytes
//   0       8      magic
//   8       4      format version
//   12      4      compatible features, which any build may pass over
//   16      4      read-only compatible features, which a build that only reads may pass over
//   20      4      incompatible features, which a build must know
//   24      ...    the file's own
//   end-4   4      CRC-32C of everything before
//
// All integers little-endian. docs/formats has a page for each such file.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb {

inline constexpr std::size_t kFrameHeaderBytes = 24;
inline constexpr std::size_t kFrameTrailerBytes = 4;

struct FileFrame {
  std::string_view name;   // For messages, as the beginning of a sentence: "the users file".
  std::string_view magic;  // Eight characters.
  std::uint32_t version;   // The only one that this build reads and writes.
};

// Returns the first bytes of a file, to which its own are to be added.
Bytes BeginFramedFile(const FileFrame& frame);

// Adds the checksum to a file that is complete otherwise.
void EndFramedFile(Bytes& file);

// Returns what a file holds between header and checksum; a view into it.
// Errors: kCorrupted (too short, another magic, a checksum that does not match); kUnsupported
// (another version, an incompatible feature).
Result<BytesView> ReadFramedFile(BytesView file, const FileFrame& frame);

}  // namespace immudb
