// Finding an entry in the log itself, without the file of offsets: for whoever doubts that file.

#pragma once

#include "immudb/result.h"
#include "immudb/tree.h"
#include "log/record.h"
#include "log/segment_map.h"

namespace immudb::log {

// Where entry `index` lies, by the record headers of its segment; `end` is the end of the log.
// Errors: kNotFound if the records that can be read say that no such entry is there; kCorrupted if
// the way there or the header of the entry is damaged; kIo.
//
// Cost: reads the segment up to the entry.
Result<LogPosition> Locate(const SegmentMap& segments, const RecordCodec& codec, LogPosition end,
                           LeafIndex index);

}  // namespace immudb::log
