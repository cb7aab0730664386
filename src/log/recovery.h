// What Log::Open does before anything may be appended: finds the end of the log, tells a torn tail
// from damage, and makes durable what it shows. docs/formats/log.md states the rule.

#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "immudb/result.h"
#include "io/file_system.h"
#include "log/log.h"
#include "log/record.h"
#include "log/segment.h"
#include "log/segment_map.h"
#include "log/segment_reader.h"

namespace immudb::log {

// One recovery. Not thread-safe.
class Recovery {
 public:
  // All of them must outlive it.
  Recovery(io::FileSystem& files, const std::string& directory, const LedgerId& id,
           const OpenOptions& options, SegmentMap& segments);

  // Errors: as Log::Open.
  Status Run(const RecordVisitor& visit);

  // Shows what Run would and leaves it at that: no byte on the disk is changed. With `until`, stops
  // where that entry begins, and everything before it not being there is damage.
  // Errors: as Log::Open, but for those of writing.
  Status Inspect(std::optional<LeafIndex> until, const RecordVisitor& visit);

  // Valid after Run.
  LogPosition end() const { return end_; }
  LogPosition durable_end() const { return proven_; }
  LeafIndex next() const { return next_; }
  std::int64_t time_us() const { return time_us_; }
  const std::optional<Damage>& damage() const { return damage_; }
  // Whether any byte but zero was seen behind the last record; found out at the end of the log
  // only.
  bool has_tail() const { return seen_nonzero_; }
  // Acknowledged records may be missing between end() and here; only with damage.
  std::optional<LogPosition> missing_to() const {
    return damage_ && end_ < proven_ ? std::optional(proven_) : std::nullopt;
  }

 private:
  struct Record {
    RecordHeader header;
    BytesView body;
  };
  struct Boundary {  // Of a record beyond the proven end.
    LogPosition position;
    LeafIndex first;
    bool is_seal = false;
  };
  // Returns whether to go on.
  using HeaderVisitor = std::function<Result<bool>(LogPosition, const RecordHeader&)>;

  Status ListSegments();
  Status ReadSegmentHeader(std::uint64_t number);
  // Finds the start of a segment whose header is damaged, if a record at `end` would be its first.
  // Returns whether it did.
  Result<bool> AdoptHeaderless(LogPosition end);
  Status Walk(const RecordVisitor& visit);
  // The header at `position`, if one is there that can continue the log.
  Result<std::optional<RecordHeader>> TryHeader(LogPosition position);
  // The record at `position` if it is intact and continues the log, or, after damage, if it can.
  Result<std::optional<Record>> TryRecord(LogPosition position);
  Status Accept(LogPosition position, const Record& record, const RecordVisitor& visit);
  // Shows `visit` every intact record header at or after `from` and notes whether there is any byte
  // but zero.
  Status ScanHeaders(LogPosition from, const HeaderVisitor& visit);
  // Scans one segment; returns whether to go on.
  Result<bool> ScanSegment(const SegmentRange& range, LogPosition from, const HeaderVisitor& visit);
  // The next record behind a bad one: an intact one or, below the proven end, one with an intact
  // header.
  Result<std::optional<LogPosition>> FindNextRecord(LogPosition after);
  // Moves the end past a bad record and shows what is left of it. Returns whether anything follows.
  Result<bool> PassDamaged(const RecordVisitor& visit);
  // Shows the entries of a damaged record whose body begins at `body` and has `bytes` at most:
  // those of [first.first, end). `header` is what its stretches are shown with.
  Status ShowSalvaged(LogPosition body, std::uint64_t bytes, const RecordHeader& header,
                      LeafIndex end, const RecordVisitor& visit);
  void NoteProven(LogPosition durable_end);
  void NoteDamage(LogPosition position, std::string text);

  // Makes the log durable up to its end.
  Status SettleTail();
  Status RewriteSeals();
  Status CopyTail();
  Status RemoveTemporaryFiles();
  // Cuts what newer segments have made dead off the files of older ones. What fails is left to the
  // next opening. Requires: the newest segment and its name are durable.
  void TrimSuperseded();

  io::FileSystem& files_;
  const std::string& directory_;
  const LedgerId& id_;
  const RecordCodec codec_;
  SegmentMap& segments_;
  SegmentReader reader_;

  std::vector<std::uint64_t> numbers_;     // Of the segment files.
  std::vector<std::uint64_t> file_bytes_;  // Of each of them, when they were listed.
  std::vector<std::uint64_t> headerless_;  // Those with a damaged header.
  std::vector<std::string> temporary_files_;
  LogPosition end_;
  LogPosition proven_;  // Everything before was synced.
  LeafIndex next_;
  std::optional<LeafIndex> until_;  // Where to stop, and up to which everything must be there.
  std::int64_t time_us_ = 0;
  bool seen_nonzero_ = false;
  std::deque<Boundary> unproven_;
  std::optional<Damage> damage_;
};

}  // namespace immudb::log
