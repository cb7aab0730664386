#include "log/recovery.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/log.h"
#include "log/entry.h"
#include "log/salvage.h"

namespace immudb::log {
namespace {

constexpr std::size_t kReadBytes = 256u << 10;

bool IsZero(BytesView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

Recovery::Recovery(io::FileSystem& files, const std::string& directory, const LedgerId& id,
                   const OpenOptions& options, SegmentMap& segments)
    : files_(files),
      directory_(directory),
      id_(id),
      codec_(id),
      segments_(segments),
      reader_(segments),
      end_(options.from),
      proven_(std::max(options.from, options.known_durable_end)),
      next_(options.next),
      time_us_(options.time_us) {}

Status Recovery::Run(const RecordVisitor& visit) {
  IMMUDB_TRY(ListSegments());
  IMMUDB_TRY(Walk(visit));
  if (damage_) return {};
  IMMUDB_TRY(SettleTail());
  if (!damage_) TrimSuperseded();
  return {};
}

Status Recovery::Inspect(std::optional<LeafIndex> until, const RecordVisitor& visit) {
  until_ = until;
  IMMUDB_TRY(ListSegments());
  return Walk(visit);
}

Status Recovery::ListSegments() {
  IMMUDB_ASSIGN(const auto entries, files_.List(directory_));
  for (const io::DirectoryEntry& entry : entries) {
    if (const auto number = SegmentNumber(entry.name, "seg")) numbers_.push_back(*number);
    if (SegmentNumber(entry.name, "tmp")) temporary_files_.push_back(entry.name);
  }
  if (numbers_.empty()) return Fail(Code::kCorrupted, "{} holds no log segment", directory_);
  std::uint64_t expected = 0;
  for (const std::uint64_t number : numbers_) {  // Sorted, as their names are.
    if (number != expected && !damage_) {
      damage_ = Damage{.position = {}, .file = SegmentName(expected), .text = "segment is missing"};
    }
    expected = number + 1;
    IMMUDB_TRY(ReadSegmentHeader(number));
  }
  if (segments_.Ranges().empty()) {
    return Fail(Code::kCorrupted, "{} holds no readable log segment", directory_);
  }
  return {};
}

Status Recovery::ReadSegmentHeader(std::uint64_t number) {
  std::array<std::uint8_t, kSegmentHeaderBytes> bytes{};
  IMMUDB_ASSIGN(const auto file, files_.Open(segments_.PathOf(number), io::OpenMode::kRead));
  IMMUDB_ASSIGN(const std::size_t size, file->Read(0, bytes));
  IMMUDB_ASSIGN(const std::uint64_t file_bytes, file->SizeBytes());
  file_bytes_.push_back(file_bytes);
  const auto header = DecodeSegmentHeader(BytesView(bytes).first(size));
  std::string wrong;
  if (!header) {
    if (header.error().code != Code::kCorrupted) return header.error();
    wrong = header.error().message;
  } else if (header->ledger != id_) {
    wrong = "segment of another ledger";
  } else if (header->number != number || header->start.value % kRecordAlignment != 0) {
    wrong = "segment header does not belong here";
  }
  if (wrong.empty()) {
    segments_.Add(number, header->start);
    NoteProven(header->durable_end);
    return {};
  }
  // A segment gets its name only when its header is durable, so this is never a torn write.
  if (!damage_) damage_ = Damage{.position = {}, .file = SegmentName(number), .text = wrong};
  if (number == 0) {
    segments_.Add(0, {});
  } else {
    headerless_.push_back(number);
  }
  return {};
}

void Recovery::NoteProven(LogPosition durable_end) {
  proven_ = std::max(proven_, durable_end);
  while (!unproven_.empty() && unproven_.front().position < proven_) unproven_.pop_front();
}

void Recovery::NoteDamage(LogPosition position, std::string text) {
  if (damage_) return;
  const auto range = segments_.Find(position);
  damage_ = Damage{.position = position, .file = {}, .offset = 0, .text = std::move(text)};
  if (!range) return;
  damage_->file = SegmentName(range->number);
  damage_->offset = range->FileOffset(position);
}

Status Recovery::Walk(const RecordVisitor& visit) {
  bool searched = false;
  while (!until_ || next_ < *until_) {
    IMMUDB_ASSIGN(const auto record, TryRecord(end_));
    if (record) {
      IMMUDB_TRY(Accept(end_, *record, visit));
      continue;
    }
    if (!searched) {
      searched = true;
      IMMUDB_TRY(ScanHeaders(end_, [&](LogPosition, const RecordHeader& header) -> Result<bool> {
        NoteProven(header.durable_end);
        return true;
      }));
    }
    if (proven_ > end_ || until_) NoteDamage(end_, "a record that was acknowledged is not intact");
    if (!damage_) return {};
    IMMUDB_ASSIGN(const bool adopted, AdoptHeaderless(end_));
    if (adopted) continue;
    IMMUDB_ASSIGN(const bool go_on, PassDamaged(visit));
    if (!go_on) return {};
  }
  return {};
}

Result<bool> Recovery::PassDamaged(const RecordVisitor& visit) {
  // Beyond the proven end nothing was acknowledged, and a torn record holds nothing of worth.
  const bool is_proven = end_ < proven_;
  IMMUDB_ASSIGN(const auto header, TryHeader(end_));
  if (is_proven && header) {
    const LeafIndex end{header->first.value + header->count};
    IMMUDB_TRY(ShowSalvaged(end_ + kRecordHeaderBytes, header->body_bytes, *header, end, visit));
    end_ = end_ + RecordBytes(header->body_bytes);
    next_ = end;
    time_us_ = std::max(time_us_, header->time_us);
    return true;
  }
  IMMUDB_ASSIGN(const auto next, FindNextRecord(end_));
  if (is_proven) {
    // Its header is gone: what it held lies before the next record, and ends with that one's first.
    LeafIndex end{std::numeric_limits<std::uint64_t>::max()};
    if (next) {
      IMMUDB_ASSIGN(const auto following, TryHeader(*next));
      if (following) end = following->first;
    }
    const LogPosition body = end_ + kRecordHeaderBytes;
    const LogPosition body_end = next.value_or(proven_);
    const std::uint64_t bytes = body < body_end ? body_end.value - body.value : 0;
    IMMUDB_TRY(ShowSalvaged(body, std::min<std::uint64_t>(bytes, kBodyBytesMax),
                            {.first = next_, .time_us = time_us_}, end, visit));
  }
  if (next) end_ = *next;
  return next.has_value();
}

Status Recovery::ShowSalvaged(LogPosition body, std::uint64_t bytes, const RecordHeader& header,
                              LeafIndex end, const RecordVisitor& visit) {
  if (bytes == 0 || !segments_.Find(body)) return {};
  IMMUDB_ASSIGN(const BytesView read, reader_.Read(body, bytes));
  const BytesView framed = read.first(std::min<std::uint64_t>(read.size(), bytes));
  for (const Stretch& stretch : Salvage(framed, header.first, end)) {
    RecordHeader shown = header;
    shown.first = stretch.first;
    shown.count = stretch.count;
    shown.body_bytes = stretch.bytes;
    // Where its record would begin, if the stretch were all of its body.
    const LogPosition position{body.value + stretch.begin - kRecordHeaderBytes};
    IMMUDB_TRY(visit(position, shown, framed.subspan(stretch.begin, stretch.bytes)));
    next_ = {stretch.first.value + stretch.count};
  }
  return {};
}

Status Recovery::Accept(LogPosition position, const Record& record, const RecordVisitor& visit) {
  const RecordHeader& header = record.header;
  NoteProven(header.durable_end);
  if (position >= proven_) {
    unproven_.push_back({.position = position, .first = header.first, .is_seal = header.is_seal()});
  }
  IMMUDB_TRY(visit(position, header, record.body));
  end_ = position + RecordBytes(header.body_bytes);
  next_ = {header.first.value + header.count};
  time_us_ = std::max(time_us_, header.time_us);
  return {};
}

Result<std::optional<RecordHeader>> Recovery::TryHeader(LogPosition position) {
  const auto range = segments_.Find(position);
  if (!range) return std::optional<RecordHeader>();
  IMMUDB_ASSIGN(const BytesView bytes, reader_.Read(position, kRecordHeaderBytes));
  const auto header = codec_.Decode(bytes, position);
  if (!header) {
    if (header.error().code != Code::kCorrupted) return header.error();
    return std::optional<RecordHeader>();
  }
  NoteProven(header->durable_end);
  const bool continues = damage_ ? header->first >= next_ : header->first == next_;
  const bool fits = RecordBytes(header->body_bytes) <= range->end.value - position.value;
  return continues && fits ? std::optional(*header) : std::nullopt;
}

Result<std::optional<Recovery::Record>> Recovery::TryRecord(LogPosition position) {
  IMMUDB_ASSIGN(const auto header, TryHeader(position));
  if (!header) return std::optional<Record>();
  const std::uint64_t record_bytes = RecordBytes(header->body_bytes);
  IMMUDB_ASSIGN(BytesView bytes, reader_.Read(position, record_bytes));
  if (bytes.size() < record_bytes) return std::optional<Record>();
  bytes = bytes.first(record_bytes).subspan(kRecordHeaderBytes);
  const BytesView body = bytes.first(header->body_bytes);
  if (!IsZero(bytes.subspan(header->body_bytes))) return std::optional<Record>();
  if (const Status status = CheckBody(*header, body); !status) {
    if (status.error().code != Code::kCorrupted) return status.error();
    return std::optional<Record>();
  }
  return std::optional<Record>(Record{.header = *header, .body = body});
}

Status Recovery::ScanHeaders(LogPosition from, const HeaderVisitor& visit) {
  for (const SegmentRange& range : segments_.Ranges()) {
    if (range.end <= from) continue;
    IMMUDB_ASSIGN(const bool go_on, ScanSegment(range, std::max(from, range.start), visit));
    if (!go_on) break;
  }
  return {};
}

Result<bool> Recovery::ScanSegment(const SegmentRange& range, LogPosition from,
                                   const HeaderVisitor& visit) {
  for (LogPosition chunk = from; chunk < range.end;) {
    IMMUDB_ASSIGN(const BytesView bytes, reader_.Read(chunk, kReadBytes));
    const bool is_last = bytes.size() < kReadBytes;
    std::size_t at = 0;
    for (; at + kRecordHeaderBytes <= bytes.size(); at += kRecordAlignment) {
      const std::uint64_t word = GetU64(bytes.data() + at);
      if (word == 0) continue;
      seen_nonzero_ = true;
      if (static_cast<std::uint32_t>(word) != kRecordMagic) continue;
      const auto header = codec_.Decode(bytes.subspan(at), chunk + at);
      if (!header) {
        if (header.error().code != Code::kCorrupted) return header.error();
        continue;
      }
      IMMUDB_ASSIGN(const bool go_on, visit(chunk + at, *header));
      if (!go_on) return false;
    }
    if (is_last) {
      if (!IsZero(bytes.subspan(at))) seen_nonzero_ = true;
      break;
    }
    chunk = chunk + at;
  }
  return true;
}

Result<std::optional<LogPosition>> Recovery::FindNextRecord(LogPosition after) {
  std::optional<LogPosition> found;
  // A visit may read and so replace the scanner's buffer: it only remembers the candidate, and the
  // scan begins anew behind one that turns out not to be whole.
  for (LogPosition from = after + kRecordAlignment;;) {
    found.reset();
    IMMUDB_TRY(ScanHeaders(from, [&](LogPosition at, const RecordHeader&) -> Result<bool> {
      found = at;
      return false;
    }));
    if (!found) return found;
    IMMUDB_ASSIGN(const auto header, TryHeader(*found));
    if (header && *found < proven_) return found;
    IMMUDB_ASSIGN(const auto record, TryRecord(*found));
    if (record) return found;
    from = *found + kRecordAlignment;
  }
}

Result<bool> Recovery::AdoptHeaderless(LogPosition end) {
  const auto range = segments_.Find(end);
  if (!range) return false;
  const std::uint64_t number = range->number + 1;
  if (std::find(headerless_.begin(), headerless_.end(), number) == headerless_.end()) return false;
  std::array<std::uint8_t, kRecordHeaderBytes> bytes{};
  IMMUDB_ASSIGN(const auto file, files_.Open(segments_.PathOf(number), io::OpenMode::kRead));
  IMMUDB_ASSIGN(const std::size_t size, file->Read(kSegmentHeaderBytes, bytes));
  if (!codec_.Decode(BytesView(bytes).first(size), end)) return false;
  segments_.Insert(number, end);
  reader_.Reset();
  return true;
}

Status Recovery::SettleTail() {
  IMMUDB_TRY(RemoveTemporaryFiles());
  const auto range = segments_.Find(end_);
  if (!range) return Fail(Code::kCorrupted, "no segment holds log position {}", end_.value);
  const bool is_newest = range->number == numbers_.back();
  const bool clean_after = is_newest && !seen_nonzero_;
  if (proven_ == end_ && clean_after) return files_.SyncDirectory(directory_);
  if (proven_ < end_ && (unproven_.empty() || unproven_.front().position != proven_)) {
    NoteDamage(proven_, "a record says that it was synced up to here, and no record ends here");
    return {};
  }
  const bool only_seals = std::all_of(unproven_.begin(), unproven_.end(),
                                      [](const Boundary& record) { return record.is_seal; });
  if (only_seals && clean_after && proven_ >= range->start) {
    IMMUDB_TRY(RewriteSeals());
    return files_.SyncDirectory(directory_);
  }
  return CopyTail();
}

Status Recovery::RewriteSeals() {
  const auto range = segments_.Find(proven_);
  IMMUDB_CHECK(range.has_value());
  Bytes seals(end_.value - proven_.value);
  IMMUDB_ASSIGN(const std::size_t size, segments_.Read(proven_, seals));
  if (size != seals.size()) return Fail(Code::kIo, "log segment became shorter");
  IMMUDB_ASSIGN(const auto file,
                files_.Open(segments_.PathOf(range->number), io::OpenMode::kReadWrite));
  IMMUDB_TRY(file->Write(range->FileOffset(proven_), seals));
  IMMUDB_TRY(file->Sync());
  NoteProven(end_);
  return {};
}

Status Recovery::CopyTail() {
  LeafIndex first = next_;
  if (!unproven_.empty()) first = unproven_.front().first;
  while (!unproven_.empty() && unproven_.back().is_seal) {  // Their statement goes to the header.
    end_ = unproven_.back().position;
    unproven_.pop_back();
  }
  const std::uint64_t number = numbers_.back() + 1;
  const std::string temporary = io::JoinPath(directory_, TemporarySegmentName(number));
  {
    IMMUDB_ASSIGN(const auto file, files_.Open(temporary, io::OpenMode::kCreateNew));
    IMMUDB_TRY(file->Write(0, EncodeSegmentHeader({.ledger = id_,
                                                   .number = number,
                                                   .first = first,
                                                   .start = proven_,
                                                   .durable_end = end_})));
    std::uint64_t offset = kSegmentHeaderBytes;
    for (LogPosition at = proven_; at < end_;) {
      IMMUDB_ASSIGN(BytesView bytes, reader_.Read(at, 1));
      bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), end_.value - at.value));
      if (bytes.empty()) return Fail(Code::kIo, "log segment became shorter");
      IMMUDB_TRY(file->Write(offset, bytes));
      offset += bytes.size();
      at = at + bytes.size();
    }
    IMMUDB_TRY(file->Sync());
  }
  IMMUDB_TRY(files_.Rename(temporary, segments_.PathOf(number)));
  IMMUDB_TRY(files_.SyncDirectory(directory_));
  segments_.Add(number, proven_);
  NoteProven(end_);
  return {};
}

void Recovery::TrimSuperseded() {
  const std::vector<SegmentRange> ranges = segments_.Ranges();
  auto range = ranges.begin();
  for (std::size_t i = 0; i < numbers_.size(); ++i) {
    const std::uint64_t number = numbers_[i];
    if (number >= ranges.back().number) break;
    while (range->number < number) ++range;
    // A segment that a newer one covers from its start on holds nothing any more.
    const std::uint64_t live_bytes = range->number == number ? range->FileOffset(range->end)
                                                             : std::uint64_t{kSegmentHeaderBytes};
    if (file_bytes_[i] <= live_bytes) continue;
    const auto file = files_.Open(segments_.PathOf(number), io::OpenMode::kReadWrite);
    const Status cut = file ? (*file)->Truncate(live_bytes) : Status(file.error());
    if (!cut) {
      immudb::Log(LogLevel::kWarning, "{}: the unused end of segment {} was not cut off: {}",
                  directory_, number, cut.error().message);
    }
  }
}

Status Recovery::RemoveTemporaryFiles() {
  for (const std::string& name : temporary_files_) {
    IMMUDB_TRY(files_.Remove(io::JoinPath(directory_, name)));
  }
  return {};
}

}  // namespace immudb::log
