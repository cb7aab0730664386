#include "log/segment_reader.h"

#include <algorithm>

#include "base/error.h"

namespace immudb::log {
namespace {

constexpr std::size_t kReadBytes = 256u << 10;

}  // namespace

Result<BytesView> SegmentReader::Read(LogPosition position, std::size_t bytes) {
  const std::uint64_t skip = position.value - start_.value;  // Wraps if before the buffer.
  if (skip >= size_ || size_ - skip < bytes) {
    if (buffer_.size() < bytes || buffer_.empty()) buffer_.resize(std::max(bytes, kReadBytes));
    size_ = 0;
    IMMUDB_ASSIGN(size_, segments_.Read(position, buffer_));
    start_ = position;
    return BytesView(buffer_).first(size_);
  }
  return BytesView(buffer_).subspan(skip, size_ - skip);
}

}  // namespace immudb::log
