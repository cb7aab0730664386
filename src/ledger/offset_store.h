// Where in the log each entry is: index -> position. A file of pages, and in memory what is not in
// it yet. The format is docs/formats/offsets.md.
//
// Cost: eight bytes an entry; memory is 4,096 bytes per 510 entries not written back.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/block_cache.h"
#include "io/file_system.h"
#include "ledger/page_store.h"
#include "log/record.h"

namespace immudb::ledger {

// The first bytes of an offset file.
inline constexpr std::string_view kOffsetsMagic = "immuOFFS";

inline constexpr std::uint64_t kOffsetsPerPage = kPageContentBytes / sizeof(std::uint64_t);

// One thread appends (Append, size), one maintains (WriteBack, Sync), any number read, all at the
// same time.
class OffsetStore {
 public:
  // Opens the file `path`, of which the pages complete at `checkpoint` are trusted and all others
  // ignored; creates it if there are none. `cache` must outlive the store.
  // Errors: kNotFound, kCorrupted: the file must be made anew from the log; kUnsupported (a newer
  // format); kDenied, kExhausted, kIo.
  static Result<std::unique_ptr<OffsetStore>> Open(io::FileSystem& files, const std::string& path,
                                                   io::BlockCache& cache,
                                                   const log::LedgerId& ledger,
                                                   TreeSize checkpoint);

  // How many entries the store had when it was opened: the checkpoint, rounded down to whole pages.
  // The owner appends the positions from there on.
  TreeSize covered() const { return covered_; }

  TreeSize size() const { return {size_}; }

  // Adds the positions of the next entries. For other threads to read them, the caller publishes
  // the size (release) afterwards.
  void Append(std::span<const std::uint64_t> positions);

  // Requires: the entry lies below a size that the caller acquired from the appender.
  // Errors: kCorrupted names file and page, the file must be made anew; kIo.
  Result<std::uint64_t> Read(LeafIndex index) const;

  // Read, and with it an upper bound of the entry's framed bytes where the page has the position of
  // the next entry, which must lie below `size`. Requires and errors: as Read.
  struct Span {
    std::uint64_t position = 0;
    std::optional<std::uint64_t> bytes_max;
  };
  Result<Span> ReadSpan(LeafIndex index, TreeSize size) const;

  // Read, without waiting for the disk. Errors: kUnavailable if that would be necessary.
  Result<std::uint64_t> TryRead(LeafIndex index) const;

  // Writes the pages complete with `below` entries, and lets go of their memory.
  // Errors: kExhausted, kIo; pages not written stay in memory, and another attempt may be made.
  Status WriteBack(TreeSize below);

  // Makes durable what was written. Errors: kIo: the file must not be trusted any further.
  Status Sync();

  std::uint64_t memory_bytes() const { return pages_->memory_bytes(); }
  std::uint64_t file_bytes() const { return pages_->file_bytes(); }

 private:
  OffsetStore(std::unique_ptr<PageStore> pages, TreeSize covered);

  const std::unique_ptr<PageStore> pages_;
  const TreeSize covered_;
  std::uint64_t size_;  // The appender's.
};

}  // namespace immudb::ledger
