#include "ledger/comparing_files.h"

#include <algorithm>
#include <span>

#include "base/error.h"
#include "ledger/page_store.h"

namespace immudb::ledger {
namespace {

class ComparingFile : public io::File {
 public:
  ComparingFile(std::unique_ptr<io::File> file, std::uint64_t end,
                const ComparingFiles::OnDifference& on_difference)
      : file_(std::move(file)), end_(end), on_difference_(on_difference) {}

  Result<std::size_t> Read(std::uint64_t /*offset*/,
                           std::span<std::uint8_t> /*out*/) const override {
    return 0;
  }

  Status Write(std::uint64_t offset, std::span<const BytesView> parts) override {
    std::uint64_t bytes = 0;
    for (const BytesView part : parts) bytes += part.size();
    if (offset >= end_ || offset < kPageBytes) return {};
    stored_.resize(std::min(bytes, end_ - offset));
    IMMUDB_ASSIGN(const std::size_t count, file_->Read(offset, stored_));
    BytesView rest = BytesView(stored_).first(count);
    for (const BytesView part : parts) {
      if (offset >= end_) break;
      const BytesView stored = rest.first(std::min(rest.size(), part.size()));
      if (!std::equal(stored.begin(), stored.end(), part.begin(), part.end())) {
        on_difference_(offset, part);
      }
      rest = rest.subspan(stored.size());
      offset += part.size();
    }
    return {};
  }

  Status Sync() override { return {}; }
  Status Truncate(std::uint64_t /*size_bytes*/) override { return {}; }
  Result<std::uint64_t> SizeBytes() const override { return std::uint64_t{0}; }

 private:
  const std::unique_ptr<io::File> file_;  // Null: nothing is compared.
  const std::uint64_t end_;
  const ComparingFiles::OnDifference& on_difference_;  // The file system's.
  Bytes stored_;
};

}  // namespace

Result<std::unique_ptr<io::File>> ComparingFiles::Open(const std::string& path,
                                                       io::OpenMode /*mode*/) {
  std::unique_ptr<io::File> file;
  if (pages_ > 0) {
    IMMUDB_ASSIGN(file, ReadOnlyFileSystem::Open(path, io::OpenMode::kRead));
  }
  const std::uint64_t end = (pages_ + 1) * kPageBytes;
  return std::make_unique<ComparingFile>(std::move(file), end, on_difference_);
}

}  // namespace immudb::ledger
