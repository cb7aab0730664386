#include "log/locate.h"

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "log/entry.h"
#include "log/segment_reader.h"

namespace immudb::log {
namespace {

Error NotThere(LeafIndex index) {
  return Fail(Code::kNotFound, "the log holds no entry {}", index.value);
}

// The entry within the record at `position`.
Result<LogPosition> LocateInBody(SegmentReader& reader, LogPosition position,
                                 const RecordHeader& header, LeafIndex index) {
  IMMUDB_ASSIGN(const BytesView record, reader.Read(position, RecordBytes(header.body_bytes)));
  std::size_t at = kRecordHeaderBytes;
  const std::size_t end = std::min<std::size_t>(record.size(), at + header.body_bytes);
  for (LeafIndex next = header.first;; next.value++) {
    IMMUDB_ASSIGN(const EntryLengths lengths,
                  DecodeEntryFrame(record.first(end).subspan(std::min(at, end)), next));
    if (next == index) return position + at;
    at += lengths.framed_bytes();
  }
}

}  // namespace

Result<LogPosition> Locate(const SegmentMap& segments, const RecordCodec& codec, LogPosition end,
                           LeafIndex index) {
  SegmentReader reader(segments);
  std::vector<SegmentRange> ranges = segments.Ranges();
  for (auto range = ranges.rbegin(); range != ranges.rend(); ++range) {
    if (range->start >= end) continue;
    IMMUDB_ASSIGN(BytesView bytes, reader.Read(range->start, kRecordHeaderBytes));
    auto header = codec.Decode(bytes, range->start);
    // A segment whose beginning is damaged is not searched: the entry may be there all the same.
    if (!header) return std::move(header).error();
    if (header->first > index) continue;
    const LogPosition range_end = std::min(range->end, end);
    for (LogPosition at = range->start; at < range_end;) {
      IMMUDB_ASSIGN(bytes, reader.Read(at, kRecordHeaderBytes));
      IMMUDB_ASSIGN(const RecordHeader record, codec.Decode(bytes, at));
      if (record.first > index) return NotThere(index);
      if (index.value - record.first.value < record.count) {
        return LocateInBody(reader, at, record, index);
      }
      at = at + RecordBytes(record.body_bytes);
    }
    return NotThere(index);
  }
  return NotThere(index);
}

}  // namespace immudb::log
