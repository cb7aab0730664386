// A run file, open for reading.
//
// Layout: docs/formats/index-run.md. Every block is read through the block cache and checked when
// it is read in. Cost of a lookup with all blocks cached: one filter block for an absent key (99 of
// 100), two or three fence and one entry block more for a present one.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "index/cursor.h"
#include "index/run_format.h"
#include "index/version.h"
#include "io/block_cache.h"
#include "io/file_system.h"

namespace immudb::index {

// Thread-safe: immutable.
class Run {
 public:
  using Pointer = std::shared_ptr<const Run>;  // Shared by the index and its readers.

  // Opens the run `info` of the directory. `cache` must outlive it.
  // Errors: kNotFound, kIo; kUnsupported, kCorrupted, also if it is not the run that `info` means.
  static Result<Pointer> Open(io::FileSystem& files, io::BlockCache& cache,
                              const std::string& directory, const LedgerId& ledger,
                              const RunInfo& info);

  Run(std::unique_ptr<io::File> file, io::BlockCache& cache, std::string path, std::uint32_t seed,
      const RunInfo& info);
  ~Run();
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  // The newest version of `key` with an index below `size`. `hash` is the key's.
  // Errors: kIo, kCorrupted; kUnavailable if it needs a block that is not cached and may not read.
  Result<std::optional<Version>> Find(BytesView key, std::uint64_t hash, TreeSize size,
                                      Access access) const;

  // The run must outlive the cursor.
  std::unique_ptr<Cursor> NewCursor(Access access) const;

  const RunInfo& info() const { return info_; }
  const std::string& path() const { return path_; }

  // For cursors. `number` is any block of the run. Errors: as Find.
  Result<io::BlockRef> Block(std::uint32_t number, Access access) const;
  const RunFooter& footer() const { return footer_; }
  // The entry block that holds the first version at or after `position`, unless that is the first
  // version of the block after it.
  Result<std::uint32_t> EntryBlockFor(const Position& position, Access access) const;

 private:
  Status Load(std::uint32_t number, std::span<std::uint8_t> out) const;
  Error AtPath(Error error) const;
  Result<bool> MayContain(std::uint64_t hash, Access access) const;

  std::unique_ptr<io::File> file_;
  io::BlockCache& cache_;
  const io::CachedFileId cache_id_;
  const std::string path_;
  const std::uint32_t seed_;
  const RunInfo info_;
  RunFooter footer_;
  io::BlockRef root_;  // The top fence block: every lookup needs it.
};

}  // namespace immudb::index
