#include "http2/output.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace immudb::http2 {
namespace {

// Below this a copy costs less than one more entry in the gather list of a write.
constexpr std::size_t kReferenceBytesMin = 2048;

// A connection that always has something to send never empties its list: what was sent is dropped
// whenever it exceeds one of these.
constexpr std::size_t kSentBytesMax = 256U << 10;
constexpr std::size_t kSentPiecesMax = 1024;

}  // namespace

BytesView Output::View(const Piece& piece) const {
  const Bytes& bytes = piece.body == nullptr ? copied_ : piece.body->bytes;
  return BytesView(bytes).subspan(piece.offset, piece.size);
}

void Output::Append(BytesView bytes) {
  if (bytes.empty()) return;
  const std::size_t offset = copied_.size();
  copied_.insert(copied_.end(), bytes.begin(), bytes.end());
  size_bytes_ += bytes.size();
  if (pieces_.size() > first_ && pieces_.back().body == nullptr) {
    pieces_.back().size += bytes.size();
  } else {
    pieces_.push_back({.body = nullptr, .offset = offset, .size = bytes.size()});
  }
}

void Output::Append(const std::shared_ptr<const Body>& body) {
  AppendPart(body, 0, body->bytes.size());
}

void Output::AppendPart(const std::shared_ptr<const Body>& body, std::size_t offset,
                        std::size_t size) {
  if (size < kReferenceBytesMin) {
    Append(BytesView(body->bytes).subspan(offset, size));
    return;
  }
  pieces_.push_back({.body = body, .offset = offset, .size = size});
  size_bytes_ += size;
}

void Output::Transfer(std::size_t bytes, Output& to) {
  IMMUDB_CHECK(bytes <= size_bytes_);
  std::size_t left = bytes;
  for (std::size_t i = first_; left > 0; ++i) {
    const Piece& piece = pieces_[i];
    const std::size_t size = std::min(left, piece.size);
    if (piece.body == nullptr) {
      to.Append(View(piece).first(size));
    } else {
      to.AppendPart(piece.body, piece.offset, size);
    }
    left -= size;
  }
  Consume(bytes);
}

void Output::Consume(std::size_t bytes) {
  IMMUDB_CHECK(bytes <= size_bytes_);
  size_bytes_ -= bytes;
  while (bytes > 0) {
    Piece& piece = pieces_[first_];
    const std::size_t size = std::min(bytes, piece.size);
    piece.offset += size;
    piece.size -= size;
    bytes -= size;
    if (piece.body == nullptr) sent_copied_bytes_ += size;
    if (piece.size == 0) {
      piece.body.reset();
      ++first_;
    }
  }
  if (size_bytes_ == 0) {
    pieces_.clear();
    first_ = 0;
    copied_.clear();
    sent_copied_bytes_ = 0;
  } else if (sent_copied_bytes_ >= kSentBytesMax || first_ >= kSentPiecesMax) {
    Compact();
  }
}

void Output::Compact() {
  pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
  first_ = 0;
  copied_.erase(copied_.begin(), copied_.begin() + static_cast<std::ptrdiff_t>(sent_copied_bytes_));
  for (Piece& piece : pieces_) {
    if (piece.body == nullptr) piece.offset -= sent_copied_bytes_;
  }
  sent_copied_bytes_ = 0;
}

std::size_t Output::Gather(std::span<BytesView> views) const {
  std::size_t count = 0;
  for (std::size_t i = first_; i < pieces_.size() && count < views.size(); ++i) {
    views[count++] = View(pieces_[i]);
  }
  return count;
}

}  // namespace immudb::http2
