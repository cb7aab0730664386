#include "ledger/offset_store.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"

namespace immudb::ledger {
namespace {

struct Place {
  PageAddress page;
  std::uint64_t offset_bytes = 0;
};

Place PlaceOf(LeafIndex index) {
  return {{0, index.value / kOffsetsPerPage},
          index.value % kOffsetsPerPage * sizeof(std::uint64_t)};
}

}  // namespace

OffsetStore::OffsetStore(std::unique_ptr<PageStore> pages, TreeSize covered)
    : pages_(std::move(pages)), covered_(covered), size_(covered.value) {
  pages_->Start({0, covered.value / kOffsetsPerPage});
}

Result<std::unique_ptr<OffsetStore>> OffsetStore::Open(io::FileSystem& files,
                                                       const std::string& path,
                                                       io::BlockCache& cache,
                                                       const log::LedgerId& ledger,
                                                       TreeSize checkpoint) {
  const std::uint64_t page_count = checkpoint.value / kOffsetsPerPage;
  IMMUDB_ASSIGN(std::unique_ptr<PageStore> pages,
                PageStore::Open(files, cache,
                                {.path = path,
                                 .magic = kOffsetsMagic,
                                 .ledger = ledger.bytes,
                                 .trusted_pages = page_count,
                                 .position = [](PageAddress page) { return page.number; }}));
  return std::unique_ptr<OffsetStore>(
      new OffsetStore(std::move(pages), {page_count * kOffsetsPerPage}));
}

void OffsetStore::Append(std::span<const std::uint64_t> positions) {
  while (!positions.empty()) {
    const std::uint64_t filled = size_ % kOffsetsPerPage;
    const std::size_t count = std::min<std::size_t>(positions.size(), kOffsetsPerPage - filled);
    std::uint8_t* const content = pages_->open_page(0).data();
    std::memcpy(content + filled * sizeof(std::uint64_t), positions.data(),
                count * sizeof(std::uint64_t));  // Little-endian, as is this CPU.
    if (filled + count == kOffsetsPerPage) pages_->Complete(0);
    size_ += count;
    positions = positions.subspan(count);
  }
}

Result<std::uint64_t> OffsetStore::Read(LeafIndex index) const {
  const Place place = PlaceOf(index);
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  IMMUDB_TRY(pages_->Read(place.page, place.offset_bytes, bytes));
  return GetU64(bytes.data());
}

Result<OffsetStore::Span> OffsetStore::ReadSpan(LeafIndex index, TreeSize size) const {
  constexpr std::size_t kBytes = sizeof(std::uint64_t);
  const Place place = PlaceOf(index);
  const bool has_next =
      index.value + 1 < size.value && place.offset_bytes + 2 * kBytes <= kPageContentBytes;
  std::array<std::uint8_t, 2 * kBytes> bytes{};
  IMMUDB_TRY(pages_->Read(place.page, place.offset_bytes,
                          std::span(bytes).first(has_next ? 2 * kBytes : kBytes)));
  Span span{.position = GetU64(bytes.data()), .bytes_max = std::nullopt};
  const std::uint64_t next = GetU64(bytes.data() + kBytes);
  if (has_next && next > span.position) span.bytes_max = next - span.position;
  return span;
}

Result<std::uint64_t> OffsetStore::TryRead(LeafIndex index) const {
  const Place place = PlaceOf(index);
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
  IMMUDB_TRY(pages_->TryRead(place.page, place.offset_bytes, bytes));
  return GetU64(bytes.data());
}

Status OffsetStore::WriteBack(TreeSize below) {
  return pages_->WriteBack(below.value / kOffsetsPerPage);
}

Status OffsetStore::Sync() {
  return pages_->Sync();
}

}  // namespace immudb::ledger
