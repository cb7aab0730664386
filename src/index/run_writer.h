// Writes a run file, from ordered versions, in one pass.
//
// Layout: docs/formats/index-run.md. Cost: about 50 ns an entry of 16-byte keys. Memory: 1 MiB of
// output, the filter (10 bits a key), and one fence per entry block, some 20 bytes.

#pragma once

#include <memory>
#include <string>

#include "index/block.h"
#include "index/bloom.h"
#include "index/run_format.h"
#include "io/file_system.h"

namespace immudb::index {

// Not thread-safe. A writer that fails or is dropped before Finish leaves a file that no manifest
// names; remove it.
class RunWriter {
 public:
  struct Options {
    LedgerId ledger{};
    std::uint64_t number = 0;
    LeafIndex from;
    LeafIndex to;
    std::uint64_t keys_max = 0;  // Dimensions the filter.
  };

  // Creates the file. Errors: kExists, and those of FileSystem::Open and File::Write.
  static Result<std::unique_ptr<RunWriter>> Create(io::FileSystem& files, const std::string& path,
                                                   const Options& options);

  RunWriter(std::unique_ptr<io::File> file, const Options& options);

  // Appends a version. Requires: ordered after the one before; an index in [from, to).
  // Errors: those of File::Write.
  Status Add(const Position& position, std::uint8_t kind);

  // Bytes of the file so far, without the entries of the block that is being filled.
  std::uint64_t bytes() const { return written_bytes_ + out_.size(); }

  // Makes durable what was written so far. Errors: those of File; the run is then of no use.
  Status Sync();

  // Completes the file and makes it durable, but for its name in the directory.
  // Requires: at least one version. Errors: those of File.
  Result<RunInfo> Finish();

 private:
  struct Fence {
    Bytes key;
    std::uint64_t index;  // As a record of a fence block holds it.
    std::uint32_t child;
  };

  Status FinishEntries();
  void StartEntries(const Position& first);
  // Writes the fences over `fences`, level by level, and returns the number of the top block.
  Result<std::uint32_t> WriteFences(std::vector<Fence> fences);
  Status WriteBloom();
  Status Flush();
  Status FlushIfLarge();

  const Options options_;
  const std::uint32_t seed_;
  const std::uint64_t hash_seed_;
  std::unique_ptr<io::File> file_;
  std::uint64_t written_bytes_ = 0;
  Bytes out_;
  std::uint32_t next_block_ = 1;

  BlockBuilder builder_{BlockType::kEntries};
  Bloom bloom_;
  std::vector<Fence> fences_;
  Bytes last_key_;
  std::uint64_t last_index_ = 0;
  RunFooter footer_;
};

}  // namespace immudb::index
