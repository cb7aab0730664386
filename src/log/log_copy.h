// Reading the bytes of a log as they lie, for a copy, whether or not somebody has the log open.

#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "immudb/result.h"
#include "immudb/tree.h"
#include "io/file_system.h"
#include "log/record.h"
#include "log/segment_map.h"

namespace immudb::log {

// Not thread-safe.
class LogCopy {
 public:
  // Finds the segments that are there now. `files` must outlive it.
  // Errors: kNotFound (no such directory); kCorrupted (a segment is missing or damaged);
  // kUnsupported (a newer format); kIo.
  static Result<std::unique_ptr<LogCopy>> Open(io::FileSystem& files, const std::string& directory,
                                               const LedgerId& id);

  // A record boundary, and the index of the entry that comes next there.
  struct Boundary {
    LogPosition position;
    LeafIndex next;
  };

  // Where the records end that hold the entries below `size`, found from `from` on. Looks at
  // headers only. Errors: kCorrupted if no record ends there; kUnsupported, kIo.
  Result<LogPosition> FindEnd(Boundary from, TreeSize size) const;

  // Fills `out` from `position` on, over the ends of segments too, and returns the bytes read;
  // fewer only at the end of the log. What was written when the copy was opened is there.
  // Errors: kCorrupted (no segment holds that position), kIo.
  Result<std::size_t> Read(LogPosition position, std::span<std::uint8_t> out) const;

 private:
  LogCopy(io::FileSystem& files, const std::string& directory, const LedgerId& id);

  Status AddSegment(io::FileSystem& files, std::uint64_t number);

  const LedgerId id_;
  const RecordCodec codec_;
  SegmentMap segments_;
};

}  // namespace immudb::log
