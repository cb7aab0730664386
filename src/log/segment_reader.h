// Reading the log front to back, in large pieces.

#pragma once

#include <cstddef>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "log/record.h"
#include "log/segment_map.h"

namespace immudb::log {

// Reads a segment front to back through a buffer. Not thread-safe.
class SegmentReader {
 public:
  explicit SegmentReader(const SegmentMap& segments) : segments_(segments) {}

  // The bytes from `position`, at least `bytes` of them unless the segment's part of the log or its
  // file ends before. Valid until the next call. Errors: those of SegmentMap::Read.
  Result<BytesView> Read(LogPosition position, std::size_t bytes);

  // Forgets what it has read: needed when the segments have changed.
  void Reset() { size_ = 0; }

 private:
  const SegmentMap& segments_;
  Bytes buffer_;
  std::size_t size_ = 0;  // Bytes of it that hold something.
  LogPosition start_;     // Of the buffer.
};

}  // namespace immudb::log
