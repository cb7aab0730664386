// Which file holds which part of the log, and a bounded number of these files, open for reading.
//
// A position belongs to the segment of the highest number that starts at or before it. So what an
// older segment holds beyond the start of a newer one is dead.

#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "immudb/result.h"
#include "io/file_system.h"
#include "log/record.h"
#include "log/segment.h"

namespace immudb::log {

struct SegmentRange {
  std::uint64_t number = 0;
  LogPosition start;
  LogPosition end{std::numeric_limits<std::uint64_t>::max()};  // Exclusive; of the newest: no end.

  std::uint64_t FileOffset(LogPosition position) const {
    return kSegmentHeaderBytes + (position.value - start.value);
  }
};

// Thread-safe. The file system must outlive it.
class SegmentMap {
 public:
  SegmentMap(io::FileSystem& files, std::string directory, std::size_t open_files_max);

  // Adds a segment with a higher number than any before; what starts at or beyond its start is
  // dropped.
  void Add(std::uint64_t number, LogPosition start);

  // Adds a segment between the others: `position` was within another one, whose part ends there.
  void Insert(std::uint64_t number, LogPosition start);

  // The segment that holds `position`; none if it lies before all of them.
  std::optional<SegmentRange> Find(LogPosition position) const;
  std::vector<SegmentRange> Ranges() const;

  // Fills `out` from `position`, as far as its segment's part of the log and its file go, and
  // returns the bytes read. Errors: kCorrupted if no segment holds the position; kNotFound, kIo.
  Result<std::size_t> Read(LogPosition position, std::span<std::uint8_t> out) const;

  std::string PathOf(std::uint64_t number) const;

 private:
  struct OpenFile {
    std::uint64_t number;
    std::uint64_t last_use;
    std::shared_ptr<const io::File> file;  // Shared with readers at work when it is evicted.
  };

  Result<std::shared_ptr<const io::File>> FileOf(std::uint64_t number) const;

  io::FileSystem& files_;
  const std::string directory_;
  const std::size_t open_files_max_;

  mutable Mutex mutex_;
  std::vector<SegmentRange> ranges_ IMMUDB_GUARDED_BY(mutex_);  // By start, which are distinct.
  mutable std::vector<OpenFile> open_files_ IMMUDB_GUARDED_BY(mutex_);
  mutable std::uint64_t uses_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

}  // namespace immudb::log
