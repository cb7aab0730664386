#include "io/memory_content.h"

#include <algorithm>
#include <cstring>

namespace immudb::io {
namespace {

bool IsZero(BytesView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

}  // namespace

std::size_t MemoryContent::Read(std::uint64_t offset, std::span<std::uint8_t> out) const {
  if (offset >= size_) return 0;
  out = out.first(std::min<std::uint64_t>(out.size(), size_ - offset));
  for (std::size_t done = 0; done < out.size();) {
    const std::uint64_t at = offset + done;
    const std::size_t inside = at % kPieceBytes;
    const std::size_t count = std::min(out.size() - done, kPieceBytes - inside);
    const PiecePointer& piece = pieces_[at / kPieceBytes];
    if (piece == nullptr) {
      std::memset(out.data() + done, 0, count);
    } else {
      std::memcpy(out.data() + done, piece->data() + inside, count);
    }
    done += count;
  }
  return out.size();
}

MemoryContent::Piece& MemoryContent::OwnPiece(std::size_t number) {
  PiecePointer& piece = pieces_[number];
  if (piece == nullptr) {
    piece = std::make_shared<Piece>();
  } else if (piece.use_count() > 1) {
    piece = std::make_shared<Piece>(*piece);
  }
  return *piece;
}

void MemoryContent::Write(std::uint64_t offset, BytesView data) {
  if (data.empty()) return;
  if (size_ < offset + data.size()) Resize(offset + data.size());
  while (!data.empty()) {
    const std::size_t number = offset / kPieceBytes;
    const std::size_t inside = offset % kPieceBytes;
    const std::size_t count = std::min(data.size(), kPieceBytes - inside);
    const BytesView part = data.first(count);
    const bool stays_zero = pieces_[number] == nullptr && IsZero(part);
    if (!stays_zero) std::memcpy(OwnPiece(number).data() + inside, part.data(), count);
    data = data.subspan(count);
    offset += count;
  }
}

void MemoryContent::Resize(std::uint64_t size) {
  pieces_.resize((size + kPieceBytes - 1) / kPieceBytes);
  const std::size_t inside = size % kPieceBytes;
  if (size < size_ && inside > 0 && pieces_.back() != nullptr) {
    Piece& last = OwnPiece(pieces_.size() - 1);
    std::memset(last.data() + inside, 0, kPieceBytes - inside);
  }
  size_ = size;
}

Bytes MemoryContent::ToBytes() const {
  Bytes bytes(size_);
  Read(0, bytes);
  return bytes;
}

void MemoryContent::ShareWith(const MemoryContent& other, std::uint64_t begin, std::uint64_t end) {
  const std::uint64_t pieces = std::min(pieces_.size(), other.pieces_.size());
  for (std::uint64_t i = begin / kPieceBytes; i < pieces && i * kPieceBytes < end; i++) {
    PiecePointer& mine = pieces_[i];
    const PiecePointer& theirs = other.pieces_[i];
    if (mine == theirs || mine == nullptr || theirs == nullptr) continue;
    if (*mine == *theirs) mine = theirs;
  }
}

}  // namespace immudb::io
