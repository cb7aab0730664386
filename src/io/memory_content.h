// The bytes of a file in memory, in pieces that copies share until one of them is changed: what a
// disk holds of a file, or a snapshot of it, takes memory only where it differs. Zeros take none.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "immudb/bytes.h"

namespace immudb::io {

// Not thread-safe, and neither are copies that share pieces.
class MemoryContent {
 public:
  std::uint64_t size() const { return size_; }

  // Fills `out` from `offset` as far as there is content; returns the number of bytes.
  std::size_t Read(std::uint64_t offset, std::span<std::uint8_t> out) const;

  // Grows if need be; what lies between is zero.
  void Write(std::uint64_t offset, BytesView data);

  // What is added is zero.
  void Resize(std::uint64_t size);

  Bytes ToBytes() const;

  // Takes over the pieces of `other` that touch [begin, end) and are equal.
  void ShareWith(const MemoryContent& other, std::uint64_t begin, std::uint64_t end);

 private:
  static constexpr std::size_t kPieceBytes = 16u << 10;
  using Piece = std::array<std::uint8_t, kPieceBytes>;
  using PiecePointer = std::shared_ptr<Piece>;  // Shared by copies; null: zeros.

  // The piece, for this content alone.
  Piece& OwnPiece(std::size_t number);

  std::vector<PiecePointer> pieces_;
  std::uint64_t size_ = 0;  // What a piece has beyond it is zero.
};

}  // namespace immudb::io
