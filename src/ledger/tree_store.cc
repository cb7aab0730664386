#include "ledger/tree_store.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/error.h"
#include "merkle/hasher.h"

namespace immudb::ledger {
namespace {

using merkle::kPageLeafCount;
using merkle::kPageLevelBits;
using merkle::kPageLevelCount;
using merkle::kPageNodeCount;
using merkle::NodeId;
using merkle::NodePlace;

static_assert(kPageLevelCount <= kPageSeriesMax);
static_assert(kPageNodeCount * sizeof(Digest) <= kPageContentBytes);

std::uint64_t PositionOf(PageAddress page) {
  return merkle::PagePosition({page.series, page.number});
}

}  // namespace

TreeStore::TreeStore(std::unique_ptr<PageStore> pages, TreeSize covered)
    : pages_(std::move(pages)), covered_(covered), size_(covered.value) {}

Result<std::unique_ptr<TreeStore>> TreeStore::Open(io::FileSystem& files, const std::string& path,
                                                   io::BlockCache& cache,
                                                   const log::LedgerId& ledger,
                                                   TreeSize checkpoint) {
  const TreeSize covered{checkpoint.value / kPageLeafCount * kPageLeafCount};
  IMMUDB_ASSIGN(std::unique_ptr<PageStore> pages,
                PageStore::Open(files, cache,
                                {.path = path,
                                 .magic = kTreeMagic,
                                 .ledger = ledger.bytes,
                                 .trusted_pages = merkle::CompletePageCount(covered),
                                 .position = PositionOf}));
  std::unique_ptr<TreeStore> store(new TreeStore(std::move(pages), covered));
  IMMUDB_TRY(store->RebuildEdge());
  return store;
}

Status TreeStore::RebuildEdge() {
  for (std::uint8_t level = 0; level < kPageLevelCount; level++) {
    const std::uint64_t leaf_end = covered_.value >> (level * kPageLevelBits);
    const std::uint64_t count = merkle::OpenPageLeafCount(covered_, level);
    pages_->Start({level, leaf_end / kPageLeafCount});
    std::vector<Digest> roots(count);
    for (std::uint64_t i = 0; i < count; i++) {
      // Of level 0 there is nothing: whole pages are covered.
      const PageAddress below{static_cast<std::uint8_t>(level - 1), leaf_end - count + i};
      IMMUDB_TRY(pages_->Read(below, merkle::kPageRootSlot * sizeof(Digest), roots[i]));
    }
    if (count > 0) AddToPage(level, roots);
  }
  return {};
}

std::span<Digest, kPageNodeCount> TreeStore::OpenNodes(std::uint8_t level) const {
  // A digest is an array of bytes, so the content of a page is an array of digests.
  static_assert(sizeof(Digest) == 32 && alignof(Digest) == 1);
  std::uint8_t* const content = pages_->open_page(level).data();
  return std::span<Digest, kPageNodeCount>(reinterpret_cast<Digest*>(content), kPageNodeCount);
}

void TreeStore::Append(std::span<const Digest> leaves) {
  while (!leaves.empty()) {
    const std::size_t count =
        std::min<std::size_t>(leaves.size(), kPageLeafCount - open_leaf_counts_[0]);
    AddToPage(0, leaves.first(count));
    size_ += count;
    leaves = leaves.subspan(count);
  }
}

void TreeStore::AddToPage(std::uint8_t level, std::span<const Digest> nodes) {
  const std::uint64_t before = open_leaf_counts_.at(level);
  const std::uint64_t after = before + nodes.size();
  IMMUDB_CHECK(after <= kPageLeafCount);
  const std::span<Digest> page = OpenNodes(level);
  std::copy(nodes.begin(), nodes.end(), page.begin() + static_cast<std::ptrdiff_t>(before));
  for (std::uint8_t row = 1; row <= kPageLevelBits; row++) {
    const std::uint64_t first = before >> row;
    const std::uint64_t count = (after >> row) - first;
    if (count == 0) break;
    const std::uint64_t children = merkle::SlotOf(static_cast<std::uint8_t>(row - 1), 2 * first);
    merkle::HashLevel(page.subspan(children, 2 * count),
                      page.subspan(merkle::SlotOf(row, first), count));
  }
  open_leaf_counts_[level] = after % kPageLeafCount;
  if (after < kPageLeafCount) return;
  const Digest root = page[merkle::kPageRootSlot];
  pages_->Complete(level);
  AddToPage(static_cast<std::uint8_t>(level + 1), {&root, 1});
}

// Every bit of the size is a complete subtree at the right edge, the lowest bit the rightmost; all
// of them lie in pages that are being filled.
Digest TreeStore::Root() const {
  if (size_ == 0) return merkle::EmptyRoot();
  const auto peak_at = [this](int level) {
    const NodeId peak{static_cast<std::uint8_t>(level), (size_ >> level) - 1};
    const NodePlace place = merkle::PlaceOf(peak);
    return OpenNodes(place.page.level)[place.slot];
  };
  std::uint64_t rest = size_;
  Digest root = peak_at(std::countr_zero(rest));
  for (rest &= rest - 1; rest != 0; rest &= rest - 1) {
    root = merkle::HashNode(peak_at(std::countr_zero(rest)), root);
  }
  return root;
}

Result<Digest> TreeStore::Read(NodeId node) const {
  const NodePlace place = merkle::PlaceOf(node);
  Digest digest;
  IMMUDB_TRY(
      pages_->Read({place.page.level, place.page.number}, place.slot * sizeof digest, digest));
  return digest;
}

Result<Digest> TreeReader::Read(NodeId node) const {
  const NodePlace place = merkle::PlaceOf(node);
  const PageAddress address{place.page.level, place.page.number};
  PinnedPage& page = pinned_.at(place.page.level);
  if (page.pin == nullptr || page.number != address.number) {
    if (access_ == Access::kDisk) {
      IMMUDB_ASSIGN(page.pin, pages_.Pin(address));
    } else {
      page.pin = pages_.TryPin(address);
      if (page.pin == nullptr) {
        return Fail(Code::kUnavailable, "a page of the tree is not in memory");
      }
    }
    page.number = address.number;
  }
  Digest digest;
  std::memcpy(digest.data(), page.pin.get() + place.slot * sizeof digest, sizeof digest);
  return digest;
}

Status TreeStore::WriteBack(TreeSize below) {
  return pages_->WriteBack(merkle::CompletePageCount(below));
}

Status TreeStore::Sync() {
  return pages_->Sync();
}

}  // namespace immudb::ledger
