// The log of a ledger: records of entries in segment files; docs/formats/log.md has the format and
// the recovery rule. Everything else that a ledger stores can be made again from here.
//
// Three positions: end() is where the next record goes, durable_end() is below which everything has
// been synced, and beyond end() lies zero-filled space that Extend has put on the disk before, so
// that a sync after an append has no metadata to write and a full disk is met by Extend alone.
//
// One failure is final: after a failed write or sync nobody knows what the disk holds; every later
// change is refused with kClosed and the log must be opened again. Reads go on.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"
#include "immudb/write_batch.h"
#include "io/file_system.h"
#include "log/record.h"
#include "log/segment_map.h"

namespace immudb::log {

// Where damage in acknowledged data was found.
struct Damage {
  LogPosition position;      // Of the first bad record, as far as it can be known.
  std::string file;          // The segment's name.
  std::uint64_t offset = 0;  // In that file.
  std::string text;          // What is wrong, for people.
};

struct OpenOptions {
  // Where to begin reading: a record boundary known to be durable, such as a checkpoint's, the
  // index of the first entry there and the time of the record before.
  LogPosition from{};
  LeafIndex next{};
  std::int64_t time_us = 0;
  // Everything below was synced, as the caller knows. Not seeing it is damage.
  LogPosition known_durable_end{};
  // A segment file ends at the first record that would make it larger.
  std::uint64_t segment_bytes = 256u << 20;
  std::size_t open_files_max = 16;
};

// What a group of entries is framed with; the log adds the rest.
struct RecordFields {
  LeafIndex first{};
  std::uint32_t count = 0;
  std::int64_t time_us = 0;  // The log writes the time of the record before if that is later.
  Digest root_before{};
};

struct StoredEntry {
  EntryKind kind = EntryKind::kSet;
  bool last_of_batch = false;
  Bytes key;
  Bytes value;
};

// Is shown each record, seals too, in order. `body` is valid during the call. An error ends Open.
using RecordVisitor =
    std::function<Status(LogPosition position, const RecordHeader& header, BytesView body)>;

struct LogStatistics {
  std::uint64_t appended_bytes = 0;  // Since it was opened, as are all of these.
  std::uint64_t records = 0;
  std::uint64_t syncs = 0;
  std::uint64_t extended_bytes = 0;
  std::uint64_t segments = 0;  // That exist now.
};

// One thread at a time may append (Fits, Append, AppendSeal), one may Sync and one may Extend, all
// three at once; everything else is thread-safe. The file system must outlive it.
class Log {
 public:
  struct Opened {
    std::unique_ptr<Log> log;
    LeafIndex next;            // Index of the next entry.
    std::int64_t time_us = 0;  // Of the last record.
    std::optional<Damage> damage;
    // Set if acknowledged records may be missing between the last one shown and here.
    std::optional<LogPosition> missing_to;
  };

  // Creates `directory` with an empty log in it, both synced; the caller syncs the parent.
  // Errors: those of the file system; what was created so far stays.
  static Status Create(io::FileSystem& files, const std::string& directory, const LedgerId& id);

  // Recovers the log and shows `visit` every record from `options.from` on. Whatever it shows is
  // durable when it returns: a tail of which nothing proves that it was synced is copied to a new
  // segment first. If acknowledged data is damaged, nothing on the disk is changed, the intact
  // records after the damage are shown as well, whether or not they are durable, and the log takes
  // no change (kCorrupted). What is left of a damaged record is shown too, as one record for each
  // stretch of entries (log/salvage.h): with a position such that the entries lie where they would
  // in a record there, and with values that may be damaged.
  // Errors: kNotFound (no such directory); kCorrupted (no segment can be read); kUnsupported (a
  // newer format); kExhausted (no room for that copy); kIo; that of `visit`. It may be tried again.
  static Result<Opened> Open(io::FileSystem& files, const std::string& directory,
                             const LedgerId& id, const OpenOptions& options,
                             const RecordVisitor& visit);

  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // True if a record with such a body can be appended now. Makes no system call.
  bool Fits(std::uint64_t body_bytes) const;

  // Appends one record and returns its position; entry i of it lies where its bytes lie in `body`,
  // kRecordHeaderBytes later. One write, no allocation; a new segment once in a while.
  // Requires: body is count > 0 finished entries (log/entry.h), at most kBodyBytesMax bytes.
  // Errors: kExhausted if it does not fit (nothing changed); kClosed, kCorrupted (see above); of
  // the write, which is then final.
  Result<LogPosition> Append(const RecordFields& fields, std::span<const BytesView> body);

  // Appends an empty record, which proves to a later recovery that all before was synced, if it
  // was. `next` is the index of the next entry, `root` that of the tree before it. Errors: as
  // Append.
  Result<LogPosition> AppendSeal(LeafIndex next, std::int64_t time_us, const Digest& root);

  // Makes all that was appended before the call durable and returns its end.
  // Errors: kClosed, kCorrupted; of the sync, which is then final.
  Result<LogPosition> Sync();

  // True if Extend should be called soon; callers need not wait for it while records fit.
  bool NeedsExtend() const;

  // Makes room for a record with `body_bytes` and more ahead of it: 64 KiB at first, then about as
  // much as the newest segment is long, 64 MiB at most. Gives back what the segment before has
  // beyond its end. On a nearly full disk it takes small steps.
  // Errors: kExhausted, or kIo of a write (nothing changed; may be tried again); kClosed,
  // kCorrupted; of a sync, which is then final, because it may have been about records.
  Status Extend(std::uint64_t body_bytes);

  // Reads and verifies the entry at `position`, which must have index `index`. One read if its
  // framed form has at most `bytes_hint` bytes (which counts up to 4096), else two.
  // Errors: kCorrupted (no such entry there), kUnsupported, kIo.
  Result<StoredEntry> ReadEntry(LogPosition position, LeafIndex index,
                                std::size_t bytes_hint = 4096) const;

  // Where entry `index` lies, as the records themselves say. Slow: see log/locate.h, also for the
  // errors.
  Result<LogPosition> Locate(LeafIndex index) const;

  // Reads bytes from `position` on, as many as its segment has, into `out`, unverified, and returns
  // their number: for readers of entries that lie side by side. Only what was appended before the
  // call is sure to be seen. Errors: kCorrupted (no segment holds that position), kIo.
  Result<std::size_t> ReadBytes(LogPosition position, std::span<std::uint8_t> out) const {
    return segments_.Read(position, out);
  }

  // Where the segment begins that holds `position`: below, ReadBytes needs a call of its own.
  LogPosition SegmentStart(LogPosition position) const;

  LogPosition end() const { return {end_.load(std::memory_order_acquire)}; }
  LogPosition durable_end() const { return {durable_end_.load(std::memory_order_acquire)}; }
  bool accepts_changes() const { return !refuses_.load(std::memory_order_acquire); }
  LogStatistics statistics() const;

 private:
  // A segment file that is being filled, or is ready to be.
  struct Segment {
    std::shared_ptr<io::File> file;  // Shared by whoever appends or syncs right now.
    // The same file, opened again: the system reports a failed write-back once to each opening, so
    // that Extend's sync cannot swallow what Sync must hear.
    std::shared_ptr<io::File> extend_file;
    std::uint64_t number = 0;
    LogPosition start;                // Unknown as long as the segment is only prepared.
    std::uint64_t extended_size = 0;  // Of the file, up to which it is zero-filled and synced.
  };

  Log(io::FileSystem& files, std::string directory, const LedgerId& id, const OpenOptions& options);

  // The extension that is due when the active segment is so long, see Extend.
  std::uint64_t StepBytes(std::uint64_t used_bytes) const;
  std::uint64_t UsedBytes() const;  // Of the active file.
  Result<LogPosition> AppendRecord(RecordHeader header, std::span<const BytesView> body);
  // Names the prepared segment and appends to it from now on.
  Status Roll(LeafIndex first);
  // Cuts the space that was never used off the segments that are no longer active.
  void TrimFullSegments();
  // One extension: of the active segment, of the prepared one, or a new prepared one.
  Status ExtendOnce(std::uint64_t record_bytes);
  Status PrepareSegment(std::uint64_t number, std::uint64_t size_bytes);
  // Zero-fills and syncs `segment` up to `size_bytes` and makes that known.
  Status ExtendSegment(const Segment& segment, std::uint64_t size_bytes);
  Status CheckAccepts() const;
  // Refuses all further changes and returns `error`.
  Error Refuse(Error error);

  io::FileSystem& files_;
  const std::string directory_;
  const LedgerId id_;
  const RecordCodec codec_;
  const std::uint64_t segment_bytes_;
  SegmentMap segments_;  // Thread-safe.

  std::atomic<std::uint64_t> end_{0};
  std::atomic<std::uint64_t> durable_end_{0};
  std::atomic<std::uint64_t> active_start_{0};    // Of the active segment.
  std::atomic<std::uint64_t> extended_end_{0};    // The same.
  std::atomic<std::uint64_t> prepared_bytes_{0};  // For records, in the prepared segment.
  std::atomic<std::uint64_t> step_bytes_max_;     // Small after an extension that found no space.
  std::atomic<bool> refuses_{false};
  std::atomic<std::uint64_t> appended_bytes_{0};
  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> syncs_{0};
  std::atomic<std::uint64_t> extended_bytes_{0};

  // Of the thread that appends.
  std::int64_t last_time_us_ = 0;
  std::vector<BytesView> parts_;
  std::shared_ptr<io::File> append_file_;
  LogPosition append_start_;

  mutable Mutex mutex_;
  Segment active_ IMMUDB_GUARDED_BY(mutex_);
  std::optional<Segment> prepared_ IMMUDB_GUARDED_BY(mutex_);
  // Full ones, whose files may be longer than their part of the log.
  std::vector<Segment> full_ IMMUDB_GUARDED_BY(mutex_);
  // The active segment and those before it that may have unsynced records, oldest first.
  std::vector<Segment> unsynced_ IMMUDB_GUARDED_BY(mutex_);
  Code refusal_ IMMUDB_GUARDED_BY(mutex_) = Code::kClosed;
};

}  // namespace immudb::log
