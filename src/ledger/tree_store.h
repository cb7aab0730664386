// The nodes of a ledger's Merkle tree: a file of pages, and in memory what is not in it yet.
//
// The format is docs/formats/tree.md. The ragged right edge of the tree, one incomplete page per
// level, lives in memory only and is computed again after opening, from the roots of the pages
// before it and from up to 63 leaves that the owner appends once more.
//
// Cost: appending hashes one node per leaf; memory is 4,161 bytes per 64 leaves not written back.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/block_cache.h"
#include "io/file_system.h"
#include "ledger/page_store.h"
#include "log/record.h"
#include "merkle/node_reader.h"
#include "merkle/page.h"

namespace immudb::ledger {

// The first bytes of a tree file.
inline constexpr std::string_view kTreeMagic = "immuTREE";

// One thread appends (Append, Root, size), one maintains (WriteBack, Sync), any number read, all at
// the same time.
class TreeStore : public merkle::NodeReader {
 public:
  // Opens the tree file `path`, of which the pages complete at `checkpoint` are trusted and all
  // others ignored; creates it if there are none. `cache` must outlive the store.
  // Errors: kNotFound, kCorrupted: the tree must be computed anew; kUnsupported (a newer format);
  // kDenied, kExhausted, kIo.
  static Result<std::unique_ptr<TreeStore>> Open(io::FileSystem& files, const std::string& path,
                                                 io::BlockCache& cache, const log::LedgerId& ledger,
                                                 TreeSize checkpoint);

  // How many leaves the store had when it was opened: the checkpoint, rounded down to whole pages.
  // The owner appends the leaves from there on.
  TreeSize covered() const { return covered_; }

  TreeSize size() const { return {size_}; }

  // Adds leaves, which are hashed already, and all nodes they complete. For other threads to read
  // them, the caller publishes the size (release) afterwards.
  void Append(std::span<const Digest> leaves);

  // The root of everything appended. Reads no file.
  Digest Root() const;

  // Requires: the node is complete in a tree whose size the caller acquired from the appender.
  // Errors: kCorrupted names file and page, the tree must be computed anew; kIo.
  Result<Digest> Read(merkle::NodeId node) const override;

  // Writes the pages complete in a tree of `below` leaves, and lets go of their memory.
  // Errors: kExhausted, kIo; pages not written stay in memory, and another attempt may be made.
  Status WriteBack(TreeSize below);

  // Makes durable what was written. Errors: kIo: the file must not be trusted any further.
  Status Sync();

  std::uint64_t memory_bytes() const { return pages_->memory_bytes(); }
  std::uint64_t file_bytes() const { return pages_->file_bytes(); }

 private:
  friend class TreeReader;

  TreeStore(std::unique_ptr<PageStore> pages, TreeSize covered);

  // Fills the incomplete pages of the upper levels from the roots of the pages below them.
  Status RebuildEdge();
  // Adds nodes as leaves to the open page of `level`, and what they complete there and above.
  // Requires: they fit into it.
  void AddToPage(std::uint8_t level, std::span<const Digest> nodes);
  std::span<Digest, merkle::kPageNodeCount> OpenNodes(std::uint8_t level) const;

  const std::unique_ptr<PageStore> pages_;
  const TreeSize covered_;

  // The appender's.
  std::uint64_t size_;
  std::array<std::uint64_t, merkle::kPageLevelCount> open_leaf_counts_{};
};

// Reads the nodes for one answer. It keeps the newest page of each level that it has touched, so
// that a path costs one look-up a page and not one a node. Not thread-safe.
class TreeReader : public merkle::NodeReader {
 public:
  enum class Access : std::uint8_t { kDisk, kMemoryOnly };

  explicit TreeReader(const TreeStore& tree, Access access = Access::kDisk)
      : pages_(*tree.pages_), access_(access) {}

  // Errors: as TreeStore::Read; kUnavailable if the disk would be necessary and may not be used.
  Result<Digest> Read(merkle::NodeId node) const override;

 private:
  struct PinnedPage {
    std::uint64_t number = 0;
    PagePin pin;
  };

  const PageStore& pages_;
  const Access access_;
  mutable std::array<PinnedPage, merkle::kPageLevelCount> pinned_;
};

}  // namespace immudb::ledger
