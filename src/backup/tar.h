// Headers of a tar archive, as far as a backup needs them: regular files with short names.
//
// Source: POSIX.1-2017, pax, "ustar Interchange Format"; sizes of 8 GiB and more as GNU tar writes
// them, in binary.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::backup {

inline constexpr std::size_t kTarBlockBytes = 512;
using TarBlock = std::array<std::uint8_t, kTarBlockBytes>;

struct TarMember {
  std::string name;
  std::uint64_t bytes = 0;
  std::int64_t modified_s = 0;  // Since 1970-01-01 UTC, not before.
  bool operator==(const TarMember&) const = default;
};

// Requires: a name of 1 to 99 bytes; fewer than 2^63 bytes.
TarBlock EncodeTarHeader(const TarMember& member);

// The member that the header begins, or nothing for the zeros at the end of an archive.
// Errors: kCorrupted for anything but a regular file's header with its checksum: links, devices,
// folders, names with a prefix, extensions.
Result<std::optional<TarMember>> DecodeTarHeader(const TarBlock& block);

// The zeros that fill up the last block of so many bytes.
inline std::size_t TarPadding(std::uint64_t bytes) {
  return static_cast<std::size_t>((kTarBlockBytes - bytes % kTarBlockBytes) % kTarBlockBytes);
}

}  // namespace immudb::backup
