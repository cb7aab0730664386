// The header page and the footer of a run file, and what a manifest says about a run.
//
// Layout: docs/formats/index-run.md.

#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "index/block.h"

namespace immudb::index {

using LedgerId = std::array<std::uint8_t, 16>;

// An immutable file of the index: the versions of the entries [from, to).
struct RunInfo {
  std::uint64_t number = 0;  // Of the file; never used twice.
  LeafIndex from;
  LeafIndex to;  // Exclusive.
  std::uint64_t entries = 0;
  std::uint64_t keys = 0;      // Different ones.
  std::uint64_t bytes = 0;     // Of the file.
  std::uint32_t checksum = 0;  // The footer's: tells a run from any other with its number.
  bool operator==(const RunInfo&) const = default;
};

// The longest run, so that block numbers and filter lines fit into 32 bits.
inline constexpr std::uint64_t kRunBytesMax = std::uint64_t{kBlockBytes} << 31;

// The name of a run's file inside the directory of the index.
std::string RunFileName(std::uint64_t number);

// Binds checksums of blocks to the ledger and the run.
std::uint32_t RunSeed(const LedgerId& ledger, std::uint64_t number);

// Where filters and hash tables of a ledger start hashing.
std::uint64_t HashSeed(const LedgerId& ledger);

// The header page of the run that `info` and `ledger` name.
Bytes EncodeRunHeader(const LedgerId& ledger, const RunInfo& info);

// Checks a header page against what the manifest says.
// Errors: kUnsupported for an unknown version or feature; kCorrupted.
Status CheckRunHeader(BytesView page, const LedgerId& ledger, const RunInfo& info);

// What the footer says about the blocks before it.
struct RunFooter {
  std::uint64_t entries = 0;
  std::uint64_t keys = 0;
  std::uint32_t entries_end = 0;   // Entry blocks and their overflow: [1, entries_end).
  std::uint32_t last_entries = 0;  // The last entry block.
  std::uint32_t root = 0;          // The top fence block.
  std::uint32_t bloom = 0;         // Filter blocks: [bloom, number of the footer).
  std::uint32_t bloom_lines = 0;
};

inline constexpr std::size_t kBloomLinesPerBlock = 63;

// The footer block, sealed with `number` and `seed`.
Bytes EncodeRunFooter(const RunFooter& footer, std::uint32_t seed, std::uint32_t number);

// Checks and decodes the footer of a run of info.bytes bytes.
// Errors: kCorrupted.
Result<RunFooter> DecodeRunFooter(BytesView block, std::uint32_t seed, const RunInfo& info);

}  // namespace immudb::index
