#include "ledger/entry_window.h"

#include <algorithm>
#include <utility>

#include "base/error.h"

namespace immudb::ledger {
namespace {

// Of a read that nothing shows to be one of many, and of the largest.
constexpr std::size_t kStepBytesMin = 4u << 10;
constexpr std::size_t kStepBytesMax = 128u << 10;
// A read that begins so near to the window goes on from it: there are headers between entries.
constexpr std::uint64_t kNearBytes = 4u << 10;

}  // namespace

BytesView EntryWindow::From(log::LogPosition position) const {
  if (position < start_ || position.value - start_.value >= filled_) return {};
  const std::uint64_t offset = position.value - start_.value;
  return BytesView(buffer_).subspan(offset, filled_ - offset);
}

Result<log::EntryView> EntryWindow::Read(LeafIndex index) {
  IMMUDB_ASSIGN(const std::uint64_t position,
                reader_.FromDerived(reader_.storage().offsets->Read(index)));
  Result<log::EntryView> entry = ReadAt({position}, index);
  if (entry || entry.error().code != Code::kCorrupted) return entry;
  // It may lie elsewhere, or be damaged: that is seen to, once for all kinds of reads.
  filled_ = 0;
  IMMUDB_ASSIGN(found_elsewhere_, reader_.ReadFromLog(index));
  return log::EntryView{.kind = found_elsewhere_.kind,
                        .last_of_batch = found_elsewhere_.last_of_batch,
                        .key = found_elsewhere_.key,
                        .value = found_elsewhere_.value};
}

Result<log::EntryView> EntryWindow::ReadAt(log::LogPosition position, LeafIndex index) {
  BytesView framed = From(position);
  if (framed.size() < log::kEntryHeaderBytes) {
    IMMUDB_TRY(Fill(position, kStepBytesMin));
    framed = From(position);
  }
  IMMUDB_ASSIGN(const log::EntryLengths lengths, log::DecodeEntryLengths(framed));
  if (lengths.framed_bytes() > framed.size()) {
    IMMUDB_TRY(Fill(position, lengths.framed_bytes()));
    framed = From(position);
  }
  return log::DecodeEntry(framed, index);
}

Status EntryWindow::Fill(log::LogPosition position, std::size_t bytes) {
  const bool goes_on = position >= start_ && position <= start_ + filled_ + kNearBytes;
  const bool goes_back = position < start_ && start_ <= position + kNearBytes;
  const bool is_near = filled_ > 0 && (goes_on || goes_back);
  step_bytes_ = is_near ? std::min(2 * step_bytes_, kStepBytesMax) : kStepBytesMin;
  const std::uint64_t load_bytes = std::max(step_bytes_, bytes);
  if (is_near && goes_back) {
    const std::uint64_t end = position.value + bytes;
    const log::LogPosition first = reader_.storage().log->SegmentStart(position);
    const log::LogPosition start{end - std::min(end - first.value, load_bytes)};
    return Load(start, end - start.value);
  }
  return Load(position, load_bytes);
}

Status EntryWindow::Load(log::LogPosition start, std::size_t bytes) {
  if (buffer_.size() < bytes) buffer_.resize(bytes);
  filled_ = 0;
  start_ = start;
  IMMUDB_ASSIGN(filled_, reader_.storage().log->ReadBytes(start, std::span(buffer_).first(bytes)));
  return {};
}

}  // namespace immudb::ledger
