#include "log/log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "log/entry.h"
#include "log/locate.h"
#include "log/recovery.h"
#include "log/segment.h"

namespace immudb::log {
namespace {

constexpr std::uint64_t kStepBytesMin = 64u << 10;
constexpr std::uint64_t kStepBytesMax = 64u << 20;
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::size_t kReadBytesMax = 4096;  // Of a first read of an entry: fits the stack.
constexpr std::size_t kParts = 64;           // More make the vector of parts grow once.

constexpr int kExtendRounds = 4;  // Records may take what a round gave; the caller asks again.

constexpr std::array<std::uint8_t, 64u << 10> kZeros{};
constexpr std::size_t kZeroParts = 16;  // Of one write.

constexpr std::uint64_t RoundUp(std::uint64_t value, std::uint64_t unit) {
  return (value + unit - 1) / unit * unit;
}

// Writes zeros over [begin, end).
Status WriteZeros(io::File& file, std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    std::array<BytesView, kZeroParts> parts;
    std::uint64_t bytes = 0;
    for (BytesView& part : parts) {
      const std::uint64_t rest = end - begin - bytes;
      part = BytesView(kZeros).first(std::min<std::uint64_t>(rest, kZeros.size()));
      bytes += part.size();
    }
    IMMUDB_TRY(file.Write(begin, parts));
    begin += bytes;
  }
  return {};
}

}  // namespace

Log::Log(io::FileSystem& files, std::string directory, const LedgerId& id,
         const OpenOptions& options)
    : files_(files),
      directory_(std::move(directory)),
      id_(id),
      codec_(id),
      segment_bytes_(options.segment_bytes),
      segments_(files, directory_, options.open_files_max),
      step_bytes_max_(kStepBytesMax) {
  parts_.reserve(kParts);
}

Log::~Log() = default;

Status Log::Create(io::FileSystem& files, const std::string& directory, const LedgerId& id) {
  IMMUDB_TRY(files.CreateDirectory(directory));
  IMMUDB_ASSIGN(const auto file,
                files.Open(io::JoinPath(directory, SegmentName(0)), io::OpenMode::kCreateNew));
  IMMUDB_TRY(file->Write(
      0, EncodeSegmentHeader(
             {.ledger = id, .number = 0, .first = {}, .start = {}, .durable_end = {}})));
  IMMUDB_TRY(file->Sync());
  return files.SyncDirectory(directory);
}

Result<Log::Opened> Log::Open(io::FileSystem& files, const std::string& directory,
                              const LedgerId& id, const OpenOptions& options,
                              const RecordVisitor& visit) {
  IMMUDB_CHECK(options.from.value % kRecordAlignment == 0);
  Opened opened;
  opened.log.reset(new Log(files, directory, id, options));  // NOLINT: the constructor is private
  Log& log = *opened.log;
  Recovery recovery(files, log.directory_, log.id_, options, log.segments_);
  IMMUDB_TRY(recovery.Run(visit));
  opened.next = recovery.next();
  opened.time_us = recovery.time_us();
  opened.damage = recovery.damage();
  opened.missing_to = recovery.missing_to();
  log.last_time_us_ = recovery.time_us();
  log.end_ = recovery.end().value;
  log.durable_end_ = std::min(recovery.durable_end(), recovery.end()).value;
  log.extended_end_ = recovery.end().value;
  if (recovery.damage()) {
    const MutexLock lock(log.mutex_);
    log.refusal_ = Code::kCorrupted;
    log.refuses_ = true;
    return opened;
  }
  const auto range = log.segments_.Find(recovery.end());
  IMMUDB_CHECK(range.has_value());
  IMMUDB_ASSIGN(auto file,
                files.Open(log.segments_.PathOf(range->number), io::OpenMode::kReadWrite));
  IMMUDB_ASSIGN(const std::uint64_t size_bytes, file->SizeBytes());
  IMMUDB_ASSIGN(auto extend_file,
                files.Open(log.segments_.PathOf(range->number), io::OpenMode::kReadWrite));
  const Segment active{.file = std::move(file),
                       .extend_file = std::move(extend_file),
                       .number = range->number,
                       .start = range->start,
                       .extended_size = size_bytes};
  log.append_file_ = active.file;
  log.append_start_ = active.start;
  log.active_start_ = active.start.value;
  log.extended_end_ = range->start.value + size_bytes - kSegmentHeaderBytes;
  const MutexLock lock(log.mutex_);
  log.active_ = active;
  log.unsynced_ = {active};
  return opened;
}

Status Log::CheckAccepts() const {
  if (!refuses_.load(std::memory_order_acquire)) return {};
  const MutexLock lock(mutex_);
  if (refusal_ == Code::kCorrupted) return Fail(refusal_, "the log in {} is damaged", directory_);
  return Fail(refusal_, "the log in {} failed before and must be opened again", directory_);
}

Error Log::Refuse(Error error) {
  refuses_.store(true, std::memory_order_release);
  return error;
}

bool Log::Fits(std::uint64_t body_bytes) const {
  const std::uint64_t bytes = RecordBytes(body_bytes);
  const std::uint64_t end = end_.load(std::memory_order_acquire);
  return end + bytes <= extended_end_.load(std::memory_order_acquire) ||
         bytes <= prepared_bytes_.load(std::memory_order_acquire);
}

Result<LogPosition> Log::Append(const RecordFields& fields, std::span<const BytesView> body) {
  IMMUDB_CHECK(fields.count > 0);
  std::uint64_t body_bytes = 0;
  for (const BytesView part : body) body_bytes += part.size();
  IMMUDB_CHECK(body_bytes >= fields.count * std::uint64_t{kEntryHeaderBytes});
  IMMUDB_CHECK(body_bytes <= kBodyBytesMax);
  return AppendRecord({.first = fields.first,
                       .count = fields.count,
                       .body_bytes = body_bytes,
                       .time_us = fields.time_us,
                       .durable_end = {},
                       .root_before = fields.root_before},
                      body);
}

Result<LogPosition> Log::AppendSeal(LeafIndex next, std::int64_t time_us, const Digest& root) {
  return AppendRecord({.first = next,
                       .count = 0,
                       .body_bytes = 0,
                       .time_us = time_us,
                       .durable_end = {},
                       .root_before = root},
                      {});
}

Result<LogPosition> Log::AppendRecord(RecordHeader header, std::span<const BytesView> body) {
  IMMUDB_TRY(CheckAccepts());
  if (!Fits(header.body_bytes)) return Fail(Code::kExhausted, "no space left for the log");
  const LogPosition position = end();
  const std::uint64_t bytes = RecordBytes(header.body_bytes);
  if (position.value + bytes > extended_end_.load(std::memory_order_acquire)) {
    if (Status status = Roll(header.first); !status) return Refuse(std::move(status).error());
  }
  header.durable_end = durable_end();
  header.time_us = std::max(header.time_us, last_time_us_);
  const auto encoded = codec_.Encode(header, position);
  parts_.assign(1, BytesView(encoded));
  parts_.insert(parts_.end(), body.begin(), body.end());
  // The padding is zero already, but a disk that failed to sync an extension may not have it, and
  // would then end the file within the record.
  const std::uint64_t padding = bytes - kRecordHeaderBytes - header.body_bytes;
  if (padding > 0) parts_.push_back(BytesView(kZeros).first(padding));
  const std::uint64_t offset = kSegmentHeaderBytes + (position.value - append_start_.value);
  if (Status status = append_file_->Write(offset, parts_); !status) {
    return Refuse(std::move(status).error());
  }
  last_time_us_ = header.time_us;
  appended_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  records_.fetch_add(1, std::memory_order_relaxed);
  end_.store(position.value + bytes, std::memory_order_release);
  return position;
}

Status Log::Roll(LeafIndex first) {
  Segment segment;
  {
    const MutexLock lock(mutex_);
    IMMUDB_CHECK(prepared_.has_value());
    segment = *prepared_;
  }
  segment.start = end();
  IMMUDB_TRY(segment.file->Write(0, EncodeSegmentHeader({.ledger = id_,
                                                         .number = segment.number,
                                                         .first = first,
                                                         .start = segment.start,
                                                         .durable_end = durable_end()})));
  IMMUDB_TRY(segment.file->Sync());
  IMMUDB_TRY(files_.Rename(io::JoinPath(directory_, TemporarySegmentName(segment.number)),
                           segments_.PathOf(segment.number)));
  IMMUDB_TRY(files_.SyncDirectory(directory_));
  append_file_ = segment.file;
  append_start_ = segment.start;
  segments_.Add(segment.number, segment.start);
  const MutexLock lock(mutex_);
  segment.extended_size = prepared_->extended_size;  // Extend may have added to it meanwhile.
  full_.push_back(std::exchange(active_, segment));
  active_start_.store(segment.start.value, std::memory_order_release);
  unsynced_.push_back(segment);
  prepared_.reset();
  prepared_bytes_.store(0, std::memory_order_release);
  extended_end_.store(segment.start.value + segment.extended_size - kSegmentHeaderBytes,
                      std::memory_order_release);
  return {};
}

Result<LogPosition> Log::Sync() {
  IMMUDB_TRY(CheckAccepts());
  const LogPosition target = end();
  if (target == durable_end()) return target;
  std::vector<Segment> segments;
  {
    const MutexLock lock(mutex_);
    segments = unsynced_;
  }
  for (const Segment& segment : segments) {
    syncs_.fetch_add(1, std::memory_order_relaxed);
    if (Status status = segment.file->Sync(); !status) return Refuse(std::move(status).error());
  }
  const MutexLock lock(mutex_);
  // The last one stays: records may have followed after its sync, even if it is full by now.
  std::erase_if(unsynced_,
                [&](const Segment& segment) { return segment.number < segments.back().number; });
  durable_end_.store(target.value, std::memory_order_release);
  return target;
}

Result<StoredEntry> Log::ReadEntry(LogPosition position, LeafIndex index,
                                   std::size_t bytes_hint) const {
  std::array<std::uint8_t, kReadBytesMax> small;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  Bytes large;
  std::span<std::uint8_t> framed(small.data(),
                                 std::clamp(bytes_hint, kEntryHeaderBytes, small.size()));
  IMMUDB_ASSIGN(std::size_t size, segments_.Read(position, framed));
  IMMUDB_ASSIGN(const EntryLengths lengths, DecodeEntryLengths(framed.first(size)));
  if (lengths.framed_bytes() > size && size == framed.size()) {
    large.resize(lengths.framed_bytes());
    std::copy(framed.begin(), framed.end(), large.begin());
    framed = large;
    IMMUDB_ASSIGN(const std::size_t rest, segments_.Read(position + size, framed.subspan(size)));
    size += rest;
  }
  IMMUDB_ASSIGN(const EntryView entry, DecodeEntry(framed.first(size), index));
  return StoredEntry{.kind = entry.kind,
                     .last_of_batch = entry.last_of_batch,
                     .key = Bytes(entry.key.begin(), entry.key.end()),
                     .value = Bytes(entry.value.begin(), entry.value.end())};
}

Result<LogPosition> Log::Locate(LeafIndex index) const {
  return log::Locate(segments_, codec_, end(), index);
}

LogPosition Log::SegmentStart(LogPosition position) const {
  const auto range = segments_.Find(position);
  return range ? range->start : position;
}

LogStatistics Log::statistics() const {
  return {.appended_bytes = appended_bytes_.load(std::memory_order_relaxed),
          .records = records_.load(std::memory_order_relaxed),
          .syncs = syncs_.load(std::memory_order_relaxed),
          .extended_bytes = extended_bytes_.load(std::memory_order_relaxed),
          .segments = segments_.Ranges().size()};
}

std::uint64_t Log::StepBytes(std::uint64_t used_bytes) const {
  return std::clamp(std::bit_floor(used_bytes), kStepBytesMin,
                    step_bytes_max_.load(std::memory_order_relaxed));
}

std::uint64_t Log::UsedBytes() const {
  // The start never lies beyond the end that is read after it.
  const std::uint64_t start = active_start_.load(std::memory_order_acquire);
  return kSegmentHeaderBytes + (end().value - start);
}

bool Log::NeedsExtend() const {
  if (prepared_bytes_.load(std::memory_order_acquire) > 0) return false;
  const std::uint64_t used = UsedBytes();
  const std::uint64_t extended = extended_end_.load(std::memory_order_acquire);
  return extended < end().value + StepBytes(used) / 2;
}

void Log::TrimFullSegments() {
  std::vector<Segment> full;
  LogPosition start;
  {
    const MutexLock lock(mutex_);
    full.swap(full_);
    start = active_.start;
  }
  for (auto segment = full.rbegin(); segment != full.rend(); ++segment) {
    const std::uint64_t used = kSegmentHeaderBytes + (start.value - segment->start.value);
    start = segment->start;
    const Status cut = segment->extend_file->Truncate(used);
    if (!cut) {  // The next opening tries again.
      immudb::Log(LogLevel::kWarning, "{}: the unused end of segment {} was not cut off: {}",
                  directory_, segment->number, cut.error().message);
    }
  }
}

Status Log::Extend(std::uint64_t body_bytes) {
  IMMUDB_TRY(CheckAccepts());
  TrimFullSegments();
  for (int round = 0; round < kExtendRounds; ++round) {
    IMMUDB_TRY(CheckAccepts());
    if (Fits(body_bytes) && !NeedsExtend()) break;
    const std::uint64_t step_max = step_bytes_max_.load(std::memory_order_relaxed);
    Status extended = ExtendOnce(RecordBytes(body_bytes));
    const bool was_least = step_max == kStepBytesMin;
    if (!extended && (extended.error().code != Code::kExhausted || was_least)) return extended;
    step_bytes_max_.store(extended ? std::min(2 * step_max, kStepBytesMax) : kStepBytesMin,
                          std::memory_order_relaxed);
  }
  return {};
}

Status Log::ExtendOnce(std::uint64_t record_bytes) {
  Segment segment;
  std::uint64_t used = 0;
  bool prepare_new = false;
  std::uint64_t step = 0;
  std::uint64_t size = 0;
  {
    const MutexLock lock(mutex_);
    used = UsedBytes();
    step = StepBytes(used);
    if (active_.extended_size < segment_bytes_ && used + record_bytes <= segment_bytes_) {
      segment = active_;
      size = std::min(segment_bytes_, std::max(segment.extended_size + step, used + record_bytes));
    } else {
      size = std::max(std::min(step, segment_bytes_), kSegmentHeaderBytes + record_bytes);
      prepare_new = !prepared_.has_value();
      segment.number = active_.number + 1;
      if (prepared_) segment = *prepared_;
    }
  }
  size = RoundUp(size, kPageBytes);
  if (prepare_new) return PrepareSegment(segment.number, size);
  return ExtendSegment(segment, size);
}

Status Log::PrepareSegment(std::uint64_t number, std::uint64_t size_bytes) {
  const std::string path = io::JoinPath(directory_, TemporarySegmentName(number));
  IMMUDB_ASSIGN(auto opened, files_.Open(path, io::OpenMode::kCreateOrOpen));
  IMMUDB_ASSIGN(auto extend_file, files_.Open(path, io::OpenMode::kReadWrite));
  std::shared_ptr<io::File> file = std::move(opened);
  Status status = file->Truncate(0);
  if (status) status = WriteZeros(*file, 0, size_bytes);
  if (status) status = file->Sync();
  if (!status) {  // Nothing of the log is in that file: give the space back, try again later.
    IMMUDB_TRY(files_.Remove(path));
    return status;
  }
  extended_bytes_.fetch_add(size_bytes, std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  prepared_ = Segment{.file = std::move(file),
                      .extend_file = std::move(extend_file),
                      .number = number,
                      .start = {},
                      .extended_size = size_bytes};
  prepared_bytes_.store(size_bytes - kSegmentHeaderBytes, std::memory_order_release);
  return {};
}

Status Log::ExtendSegment(const Segment& segment, std::uint64_t size_bytes) {
  if (size_bytes <= segment.extended_size) return {};
  if (Status filled = WriteZeros(*segment.extend_file, segment.extended_size, size_bytes);
      !filled) {
    // What was taken goes back: a checkpoint may need it more.
    IMMUDB_TRY(segment.extend_file->Truncate(segment.extended_size));
    return filled;
  }
  if (Status status = segment.extend_file->Sync(); !status) {
    return Refuse(std::move(status).error());
  }
  extended_bytes_.fetch_add(size_bytes - segment.extended_size, std::memory_order_relaxed);
  const MutexLock lock(mutex_);
  if (prepared_ && prepared_->number == segment.number) {
    prepared_->extended_size = size_bytes;
    prepared_bytes_.store(size_bytes - kSegmentHeaderBytes, std::memory_order_release);
  } else if (active_.number == segment.number) {
    active_.extended_size = size_bytes;
    extended_end_.store(active_.start.value + size_bytes - kSegmentHeaderBytes,
                        std::memory_order_release);
  }
  return {};
}

}  // namespace immudb::log
