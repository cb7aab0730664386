#include "log/segment_map.h"

#include <algorithm>

#include "base/check.h"
#include "base/error.h"

namespace immudb::log {

SegmentMap::SegmentMap(io::FileSystem& files, std::string directory, std::size_t open_files_max)
    : files_(files), directory_(std::move(directory)), open_files_max_(open_files_max) {
  IMMUDB_CHECK(open_files_max_ > 0);
}

void SegmentMap::Add(std::uint64_t number, LogPosition start) {
  const MutexLock lock(mutex_);
  while (!ranges_.empty() && ranges_.back().start >= start) ranges_.pop_back();
  if (!ranges_.empty()) {
    IMMUDB_CHECK(ranges_.back().number < number);
    ranges_.back().end = start;
  }
  ranges_.push_back({.number = number, .start = start});
}

void SegmentMap::Insert(std::uint64_t number, LogPosition start) {
  const MutexLock lock(mutex_);
  for (auto range = ranges_.begin(); range != ranges_.end(); ++range) {
    if (range->start >= start || range->end <= start) continue;
    const SegmentRange inserted{.number = number, .start = start, .end = range->end};
    range->end = start;
    ranges_.insert(range + 1, inserted);
    return;
  }
}

std::optional<SegmentRange> SegmentMap::Find(LogPosition position) const {
  const MutexLock lock(mutex_);
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), position,
      [](LogPosition wanted, const SegmentRange& range) { return wanted < range.start; });
  if (after == ranges_.begin()) return std::nullopt;
  return *std::prev(after);
}

std::vector<SegmentRange> SegmentMap::Ranges() const {
  const MutexLock lock(mutex_);
  return ranges_;
}

Result<std::size_t> SegmentMap::Read(LogPosition position, std::span<std::uint8_t> out) const {
  const auto range = Find(position);
  if (!range) return Fail(Code::kCorrupted, "no segment holds log position {}", position.value);
  IMMUDB_ASSIGN(const auto file, FileOf(range->number));
  const std::uint64_t rest = range->end.value - position.value;
  return file->Read(range->FileOffset(position),
                    out.first(std::min<std::uint64_t>(out.size(), rest)));
}

std::string SegmentMap::PathOf(std::uint64_t number) const {
  return io::JoinPath(directory_, SegmentName(number));
}

Result<std::shared_ptr<const io::File>> SegmentMap::FileOf(std::uint64_t number) const {
  {
    const MutexLock lock(mutex_);
    for (OpenFile& open : open_files_) {
      if (open.number != number) continue;
      open.last_use = ++uses_;
      return open.file;
    }
  }
  IMMUDB_ASSIGN(auto opened, files_.Open(PathOf(number), io::OpenMode::kRead));
  std::shared_ptr<const io::File> file = std::move(opened);
  const MutexLock lock(mutex_);
  const OpenFile entry{.number = number, .last_use = ++uses_, .file = file};
  if (open_files_.size() < open_files_max_) {
    open_files_.push_back(entry);
  } else {
    *std::min_element(
        open_files_.begin(), open_files_.end(),
        [](const OpenFile& a, const OpenFile& b) { return a.last_use < b.last_use; }) = entry;
  }
  return file;
}

}  // namespace immudb::log
