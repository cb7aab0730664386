#include "ledger/page_store.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::ledger {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::size_t kChecksumOffset = kPageBytes - 4;

// Offsets in the header page.
constexpr std::size_t kVersionOffset = 8;
constexpr std::size_t kReadOnlyFeaturesOffset = 16;
constexpr std::size_t kIncompatibleFeaturesOffset = 20;
constexpr std::size_t kLedgerOffset = 24;

// Offsets in the trailer of a page.
constexpr std::size_t kNumberOffset = kPageContentBytes;
constexpr std::size_t kSeriesOffset = kPageContentBytes + 8;

// One MiB in one call: enough for a disk to be at its best, and for the lock to be rare.
constexpr std::size_t kBatchPages = 256;

static_assert(kPageBytes == io::kBlockBytes, "a page is a block of the cache");

std::uint64_t FileOffset(std::uint64_t position) {
  return (position + 1) * kPageBytes;  // After the header page.
}

}  // namespace

PageStore::PageStore(std::unique_ptr<io::File> file, io::BlockCache& cache,
                     PageStoreOptions options)
    : options_(std::move(options)),
      file_(std::move(file)),
      cache_(cache),
      cached_file_(cache.NewFile()),
      checksum_seed_(Crc32c(0, options_.ledger)),
      written_(options_.trusted_pages) {
  IMMUDB_CHECK(options_.magic.size() == kMagicBytes);
}

PageStore::~PageStore() {
  cache_.Erase(cached_file_);
}

Result<std::unique_ptr<PageStore>> PageStore::Open(io::FileSystem& files, io::BlockCache& cache,
                                                   PageStoreOptions options) {
  const bool is_used = options.trusted_pages > 0;
  const io::OpenMode mode = is_used ? io::OpenMode::kReadWrite : io::OpenMode::kCreateOrOpen;
  IMMUDB_ASSIGN(std::unique_ptr<io::File> file, files.Open(options.path, mode));
  std::unique_ptr<PageStore> store(new PageStore(std::move(file), cache, std::move(options)));
  const Status header = store->CheckHeader();
  // Nothing in an unused file is of worth, so what a crash left of it is written over.
  const bool is_leftover = !is_used && !header && header.error().code == Code::kCorrupted;
  if (is_leftover) {
    IMMUDB_TRY(store->WriteHeader());
  } else {
    IMMUDB_TRY(header);
  }
  IMMUDB_TRY(store->CheckLength());
  return store;
}

Status PageStore::WriteHeader() {
  Page header{};
  std::uint8_t* const bytes = header.bytes.data();
  options_.magic.copy(reinterpret_cast<char*>(bytes), kMagicBytes);
  PutU32(bytes + kVersionOffset, kFormatVersion);
  std::copy(options_.ledger.begin(), options_.ledger.end(), bytes + kLedgerOffset);
  PutU32(bytes + kChecksumOffset, Crc32c(0, BytesView(header.bytes).first(kChecksumOffset)));
  return file_->Write(0, header.bytes);
}

Status PageStore::CheckHeader() const {
  Page header{};
  IMMUDB_ASSIGN(const std::size_t count, file_->Read(0, header.bytes));
  const std::uint8_t* const bytes = header.bytes.data();
  const std::uint32_t checksum = Crc32c(0, BytesView(header.bytes).first(kChecksumOffset));
  if (count < kPageBytes || GetU32(bytes + kChecksumOffset) != checksum ||
      std::memcmp(bytes, options_.magic.data(), kMagicBytes) != 0) {
    return Fail(Code::kCorrupted, "{}: the header page is damaged", options_.path);
  }
  if (GetU32(bytes + kVersionOffset) != kFormatVersion ||
      GetU32(bytes + kReadOnlyFeaturesOffset) != 0 ||
      GetU32(bytes + kIncompatibleFeaturesOffset) != 0) {
    return Fail(Code::kUnsupported, "{}: written by a newer version", options_.path);
  }
  if (!std::equal(options_.ledger.begin(), options_.ledger.end(), bytes + kLedgerOffset)) {
    return Fail(Code::kCorrupted, "{}: belongs to another ledger", options_.path);
  }
  return {};
}

Status PageStore::CheckLength() const {
  if (options_.trusted_pages == 0) return {};
  IMMUDB_ASSIGN(const std::uint64_t size_bytes, file_->SizeBytes());
  if (size_bytes / kPageBytes > options_.trusted_pages) return {};
  return Fail(Code::kCorrupted, "{}: {} bytes do not hold {} pages", options_.path, size_bytes,
              options_.trusted_pages);
}

void PageStore::Start(PageAddress page) {
  const MutexLock lock(mutex_);
  OpenPage& open = open_.at(page.series);
  IMMUDB_CHECK(open.page == nullptr);
  open.number = page.number;
}

std::span<std::uint8_t, kPageContentBytes> PageStore::open_page(std::uint8_t series) {
  Page*& page = writer_pages_.at(series);
  if (page == nullptr) {
    auto made = std::make_shared<Page>();
    page = made.get();
    const MutexLock lock(mutex_);
    open_[series].page = std::move(made);
  }
  return std::span(page->bytes).first<kPageContentBytes>();
}

void PageStore::Complete(std::uint8_t series) {
  IMMUDB_CHECK(writer_pages_.at(series) != nullptr);
  auto next = std::make_shared<Page>();
  writer_pages_[series] = next.get();
  const MutexLock lock(mutex_);
  OpenPage& open = open_[series];
  const PageAddress address{series, open.number};
  IMMUDB_CHECK(options_.position(address) == written_ + complete_.size());
  complete_.push_back({std::exchange(open.page, std::move(next)), address});
  open.number++;
}

const std::shared_ptr<PageStore::Page>* PageStore::FindMemory(PageAddress page) const {
  const OpenPage& open = open_.at(page.series);
  if (open.page != nullptr && open.number == page.number) return &open.page;
  const std::uint64_t position = options_.position(page);
  if (position < written_) return nullptr;
  IMMUDB_CHECK(position - written_ < complete_.size());
  return &complete_[position - written_].page;
}

bool PageStore::ReadMemory(PageAddress page, std::uint64_t offset,
                           std::span<std::uint8_t> out) const {
  const MutexLock lock(mutex_);
  const std::shared_ptr<Page>* const found = FindMemory(page);
  if (found == nullptr) return false;
  std::memcpy(out.data(), (*found)->bytes.data() + offset, out.size());
  return true;
}

PagePin PageStore::PinMemory(PageAddress page) const {
  const MutexLock lock(mutex_);
  const std::shared_ptr<Page>* const found = FindMemory(page);
  return found == nullptr ? nullptr : PagePin(*found, (*found)->bytes.data());
}

Result<PagePin> PageStore::Pin(PageAddress page) const {
  if (PagePin pin = PinMemory(page)) return pin;
  const std::uint64_t position = options_.position(page);
  const auto load = [&](std::span<std::uint8_t> block) { return Load(page, position, block); };
  IMMUDB_ASSIGN(io::BlockRef block, cache_.Get({cached_file_, position + 1}, load));
  const std::uint8_t* const content = block->data();
  return PagePin(std::move(block), content);
}

PagePin PageStore::TryPin(PageAddress page) const {
  if (PagePin pin = PinMemory(page)) return pin;
  io::BlockRef block = cache_.TryGet({cached_file_, options_.position(page) + 1});
  if (block == nullptr) return nullptr;
  const std::uint8_t* const content = block->data();
  return PagePin(std::move(block), content);
}

Status PageStore::Read(PageAddress page, std::uint64_t offset, std::span<std::uint8_t> out) const {
  IMMUDB_CHECK(offset <= kPageContentBytes);
  IMMUDB_CHECK(out.size() <= kPageContentBytes - offset);
  if (ReadMemory(page, offset, out)) return {};
  const std::uint64_t position = options_.position(page);
  const auto load = [&](std::span<std::uint8_t> block) { return Load(page, position, block); };
  IMMUDB_ASSIGN(const io::BlockRef block, cache_.Get({cached_file_, position + 1}, load));
  std::memcpy(out.data(), block->data() + offset, out.size());
  return {};
}

Status PageStore::TryRead(PageAddress page, std::uint64_t offset,
                          std::span<std::uint8_t> out) const {
  IMMUDB_CHECK(offset <= kPageContentBytes);
  IMMUDB_CHECK(out.size() <= kPageContentBytes - offset);
  if (ReadMemory(page, offset, out)) return {};
  const io::BlockRef block = cache_.TryGet({cached_file_, options_.position(page) + 1});
  if (block == nullptr) return Fail(Code::kUnavailable, "{}: not in memory", options_.path);
  std::memcpy(out.data(), block->data() + offset, out.size());
  return {};
}

Status PageStore::Load(PageAddress page, std::uint64_t position,
                       std::span<std::uint8_t> out) const {
  IMMUDB_ASSIGN(const std::size_t count, file_->Read(FileOffset(position), out));
  if (count < kPageBytes || GetU32(out.data() + kChecksumOffset) != Checksum(out) ||
      GetU64(out.data() + kNumberOffset) != page.number || out[kSeriesOffset] != page.series) {
    return Fail(Code::kCorrupted, "{}: page {} of level {}, at byte {}, is damaged", options_.path,
                page.number, page.series, FileOffset(position));
  }
  return {};
}

std::uint32_t PageStore::Checksum(std::span<const std::uint8_t> page) const {
  return Crc32c(checksum_seed_, page.first(kChecksumOffset));
}

// Readers may be copying from the page meanwhile, but not from its trailer.
void PageStore::Seal(Page& page, PageAddress address) const {
  PutU64(page.bytes.data() + kNumberOffset, address.number);
  page.bytes[kSeriesOffset] = address.series;
  PutU32(page.bytes.data() + kChecksumOffset, Checksum(page.bytes));
}

PageStore::Batch PageStore::NextBatch(std::uint64_t page_count) const {
  Batch batch;
  const MutexLock lock(mutex_);
  batch.position = written_;
  for (const CompletePage& complete : complete_) {
    if (batch.pages.size() == kBatchPages) break;
    if (written_ + batch.pages.size() >= page_count) break;
    batch.pages.push_back(complete.page.get());
    batch.addresses.push_back(complete.address);
  }
  return batch;
}

Status PageStore::WriteBack(std::uint64_t page_count) {
  while (true) {
    const Batch batch = NextBatch(page_count);
    if (batch.pages.empty()) return {};
    std::vector<BytesView> parts;
    for (std::size_t i = 0; i < batch.pages.size(); i++) {
      Seal(*batch.pages[i], batch.addresses[i]);
      parts.emplace_back(batch.pages[i]->bytes);
    }
    IMMUDB_TRY(file_->Write(FileOffset(batch.position), parts));

    std::vector<std::shared_ptr<Page>> done;  // Freed after the lock.
    done.reserve(parts.size());
    const MutexLock lock(mutex_);
    for (std::size_t i = 0; i < parts.size(); i++) {
      done.push_back(std::move(complete_.front().page));
      complete_.pop_front();
    }
    written_ += parts.size();
  }
}

Status PageStore::Sync() {
  if (sync_failed_) {
    return Fail(Code::kClosed, "a sync of {} failed before: it is trusted again once reopened",
                options_.path);
  }
  Status synced = file_->Sync();
  sync_failed_ = !synced;
  return synced;
}

std::uint64_t PageStore::memory_bytes() const {
  const MutexLock lock(mutex_);
  std::uint64_t pages = complete_.size();
  for (const OpenPage& open : open_) pages += open.page != nullptr ? 1u : 0u;
  return pages * kPageBytes;
}

std::uint64_t PageStore::file_bytes() const {
  const MutexLock lock(mutex_);
  return FileOffset(written_);
}

}  // namespace immudb::ledger
