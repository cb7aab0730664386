// Pages of 4 KiB that are filled once, become final, and then lie in a file in the order in which
// they did. What tree_store.h and offset_store.h are made of; the layout common to both files is in
// docs/formats/tree.md.
//
// Pages come in series, each filled from its number 0 on; a function of series and number says
// where in the file a page lies. Only complete pages are written. Until then, and until somebody
// calls WriteBack, they are in memory.

#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "immudb/result.h"
#include "io/block_cache.h"
#include "io/file_system.h"

namespace immudb::ledger {

inline constexpr std::uint64_t kPageBytes = 4096;
// At the end of each page: number (8), series (1), zero (3), CRC-32C of all before it (4).
inline constexpr std::uint64_t kPageTrailerBytes = 16;
inline constexpr std::uint64_t kPageContentBytes = kPageBytes - kPageTrailerBytes;
inline constexpr std::uint8_t kPageSeriesMax = 11;

struct PageAddress {
  std::uint8_t series = 0;
  std::uint64_t number = 0;
};

// Keeps a page readable, whatever is written or evicted meanwhile; points at its content. Shared by
// the store or the cache and all who hold the page; null if there is none.
using PagePin = std::shared_ptr<const std::uint8_t>;

struct PageStoreOptions {
  std::string path;
  std::string_view magic;                  // Eight characters.
  std::array<std::uint8_t, 16> ledger{};   // Id of the ledger that the file belongs to.
  std::uint64_t trusted_pages = 0;         // So many pages of the file are used; others are not.
  std::uint64_t (*position)(PageAddress);  // How many pages lie before this one in the file.
};

// One thread writes (Start, open_page, Complete), one maintains (WriteBack, Sync), any number read,
// all at the same time. What a reader asks for it must know to be filled, by an acquire of a size
// that the writer released after filling it.
class PageStore {
 public:
  // Opens the file, creating it if no page is to be trusted. `cache` must outlive the store.
  // Errors: kNotFound; kUnsupported (a newer format); kCorrupted if header or length contradict the
  // options: then the file must be removed and its content be computed anew; kDenied, kExhausted,
  // kIo.
  static Result<std::unique_ptr<PageStore>> Open(io::FileSystem& files, io::BlockCache& cache,
                                                 PageStoreOptions options);
  ~PageStore();
  PageStore(const PageStore&) = delete;
  PageStore& operator=(const PageStore&) = delete;

  // Says which page of a series is the first to be filled. Without it, that is number 0.
  // Requires: nothing of the series was filled.
  void Start(PageAddress page);

  // Returns the content of the page of `series` that is being filled, zero at first. Valid until it
  // is complete.
  std::span<std::uint8_t, kPageContentBytes> open_page(std::uint8_t series);

  // Makes the page of `series` that was being filled final, and begins the next one.
  // Requires: it is the next page in the order of the file.
  void Complete(std::uint8_t series);

  // Copies bytes of a page's content, from `offset` on.
  // Errors: kCorrupted names file and page, the file's content must be computed anew; kIo.
  Status Read(PageAddress page, std::uint64_t offset, std::span<std::uint8_t> out) const;

  // Read, without waiting for the disk. Errors: kUnavailable if that would be necessary.
  Status TryRead(PageAddress page, std::uint64_t offset, std::span<std::uint8_t> out) const;

  // Pins a page. What is filled by then may be read through the pin, and what is filled later once
  // that is known; the rest is being written. Errors: as Read.
  Result<PagePin> Pin(PageAddress page) const;

  // Pin, without waiting for the disk: null if that would be necessary.
  PagePin TryPin(PageAddress page) const;

  // Writes the complete pages at positions below `page_count`, and lets go of their memory. They
  // are durable after Sync only.
  // Errors: kExhausted, kIo; pages not written stay in memory, and another attempt may be made.
  Status WriteBack(std::uint64_t page_count);

  // Errors: kIo; the file must then not be trusted beyond what an earlier Sync made durable, and
  // later calls answer kClosed: a sync that succeeds after one that failed proves nothing.
  Status Sync();

  std::uint64_t memory_bytes() const;
  // Bytes of the file that are in use.
  std::uint64_t file_bytes() const;

 private:
  struct alignas(64) Page {
    std::array<std::uint8_t, kPageBytes> bytes;
  };
  // Pages are shared with the readers that pin them.
  struct OpenPage {
    std::shared_ptr<Page> page;  // Null: not asked for yet.
    std::uint64_t number = 0;
  };
  struct CompletePage {
    std::shared_ptr<Page> page;
    PageAddress address;
  };
  // Pages to be written side by side.
  struct Batch {
    std::vector<Page*> pages;
    std::vector<PageAddress> addresses;
    std::uint64_t position = 0;
  };

  PageStore(std::unique_ptr<io::File> file, io::BlockCache& cache, PageStoreOptions options);

  Status WriteHeader();
  // Errors: kUnsupported, kCorrupted, kIo.
  Status CheckHeader() const;
  Status CheckLength() const;

  // The page if it is in memory, else null.
  const std::shared_ptr<Page>* FindMemory(PageAddress page) const IMMUDB_REQUIRES(mutex_);
  // Copies from memory, if the page is there.
  bool ReadMemory(PageAddress page, std::uint64_t offset, std::span<std::uint8_t> out) const;
  PagePin PinMemory(PageAddress page) const;
  // Reads a page from the file, and verifies it.
  Status Load(PageAddress page, std::uint64_t position, std::span<std::uint8_t> out) const;
  Batch NextBatch(std::uint64_t page_count) const;
  void Seal(Page& page, PageAddress address) const;
  std::uint32_t Checksum(std::span<const std::uint8_t> page) const;

  // Constant after construction.
  const PageStoreOptions options_;
  const std::unique_ptr<io::File> file_;
  io::BlockCache& cache_;
  const io::CachedFileId cached_file_;
  const std::uint32_t checksum_seed_;

  bool sync_failed_ = false;  // The maintainer's.

  // The writer's own copy of the pointers in open_.
  std::array<Page*, kPageSeriesMax> writer_pages_{};

  // Held for a search and a copy of a few bytes only.
  mutable Mutex mutex_;
  std::array<OpenPage, kPageSeriesMax> open_ IMMUDB_GUARDED_BY(mutex_);
  std::deque<CompletePage> complete_ IMMUDB_GUARDED_BY(mutex_);  // In the order of the file.
  std::uint64_t written_ IMMUDB_GUARDED_BY(mutex_);              // Position of the first of them.
};

}  // namespace immudb::ledger
