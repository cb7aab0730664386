// Bytes on their way to a peer, as a list of pieces: small ones copied together, so that a burst of
// replies is one write, and parts of large messages by reference, so that they are never copied.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/byte_ledger.h"
#include "immudb/bytes.h"

namespace immudb::http2 {

// A large message that is sent in parts. Shared by the stream that sends it and by each Output that
// still has a part of it: whichever lasts longer keeps the bytes and their charge.
struct Body {
  Bytes bytes;
  ByteCharge charge;
};

// Not thread-safe.
class Output {
 public:
  std::size_t size_bytes() const { return size_bytes_; }
  bool empty() const { return size_bytes_ == 0; }

  // Makes room for copies of `bytes` bytes.
  void Reserve(std::size_t bytes) { copied_.reserve(copied_.size() + bytes); }

  // Appends a copy of `bytes`.
  void Append(BytesView bytes);

  // Appends all of `body` without a copy.
  void Append(const std::shared_ptr<const Body>& body);

  // Moves the first `bytes` bytes to the end of `to`. Requires: bytes <= size_bytes().
  void Transfer(std::size_t bytes, Output& to);

  // Drops the first `bytes` bytes. Requires: bytes <= size_bytes().
  void Consume(std::size_t bytes);

  // Fills `views` with the first bytes and returns how many views that took. They are valid until
  // the next call of another method.
  std::size_t Gather(std::span<BytesView> views) const;

  // Bytes of memory kept although empty.
  std::size_t spare_bytes() const { return copied_.capacity(); }

 private:
  struct Piece {
    std::shared_ptr<const Body> body;  // Null: the bytes are in copied_.
    std::size_t offset = 0;
    std::size_t size = 0;
  };

  BytesView View(const Piece& piece) const;
  void AppendPart(const std::shared_ptr<const Body>& body, std::size_t offset, std::size_t size);

  void Compact();

  std::vector<Piece> pieces_;
  std::size_t first_ = 0;  // Pieces before it are gone.
  Bytes copied_;
  std::size_t sent_copied_bytes_ = 0;  // Of copied_, from its start.
  std::size_t size_bytes_ = 0;
};

}  // namespace immudb::http2
