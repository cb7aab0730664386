#include "log/log_copy.h"

#include <array>
#include <optional>
#include <vector>

#include "base/error.h"
#include "log/segment.h"

namespace immudb::log {
namespace {

constexpr std::size_t kOpenFilesMax = 1;  // It is read front to back.

}  // namespace

LogCopy::LogCopy(io::FileSystem& files, const std::string& directory, const LedgerId& id)
    : id_(id), codec_(id), segments_(files, directory, kOpenFilesMax) {}

Result<std::unique_ptr<LogCopy>> LogCopy::Open(io::FileSystem& files, const std::string& directory,
                                               const LedgerId& id) {
  std::unique_ptr<LogCopy> copy(new LogCopy(files, directory, id));
  IMMUDB_ASSIGN(const std::vector<io::DirectoryEntry> entries, files.List(directory));
  std::uint64_t expected = 0;
  for (const io::DirectoryEntry& entry : entries) {  // Sorted, as their numbers are.
    const std::optional<std::uint64_t> number = SegmentNumber(entry.name, "seg");
    if (!number) continue;
    if (*number != expected) {
      return Fail(Code::kCorrupted, "{}: segment {} is missing", directory, SegmentName(expected));
    }
    IMMUDB_TRY(copy->AddSegment(files, *number));
    ++expected;
  }
  if (expected == 0) return Fail(Code::kCorrupted, "{} holds no log segment", directory);
  return copy;
}

Status LogCopy::AddSegment(io::FileSystem& files, std::uint64_t number) {
  const std::string path = segments_.PathOf(number);
  std::array<std::uint8_t, kSegmentHeaderBytes> bytes{};
  IMMUDB_ASSIGN(const auto file, files.Open(path, io::OpenMode::kRead));
  IMMUDB_ASSIGN(const std::size_t size, file->Read(0, bytes));
  IMMUDB_ASSIGN(const SegmentHeader header, DecodeSegmentHeader(BytesView(bytes).first(size)));
  const bool is_ours = header.ledger == id_ && header.number == number &&
                       header.start.value % kRecordAlignment == 0 &&
                       (number > 0 || header.start.value == 0);
  if (!is_ours) return Fail(Code::kCorrupted, "{}: the header does not belong here", path);
  segments_.Add(number, header.start);
  return {};
}

Result<LogPosition> LogCopy::FindEnd(Boundary from, TreeSize size) const {
  std::array<std::uint8_t, kRecordHeaderBytes> bytes{};
  while (from.next.value < size.value) {
    IMMUDB_ASSIGN(const std::size_t count, Read(from.position, bytes));
    IMMUDB_ASSIGN(const RecordHeader header,
                  codec_.Decode(BytesView(bytes).first(count), from.position));
    if (header.first != from.next) break;
    from.position = from.position + RecordBytes(header.body_bytes);
    from.next.value += header.count;
  }
  if (from.next.value == size.value) return from.position;
  return Fail(Code::kCorrupted, "no record of the log ends before entry {}", size.value);
}

Result<std::size_t> LogCopy::Read(LogPosition position, std::span<std::uint8_t> out) const {
  std::size_t filled = 0;
  while (filled < out.size()) {
    IMMUDB_ASSIGN(const std::size_t count, segments_.Read(position + filled, out.subspan(filled)));
    if (count == 0) break;
    filled += count;
  }
  return filled;
}

}  // namespace immudb::log
