// A process-wide budget of bytes held for peers: partly received messages, or replies that wait to
// be read. What doesn't fit is refused, so that no number of peers can take all memory.

#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace immudb {

// Thread-safe.
class ByteLedger {
 public:
  explicit ByteLedger(std::size_t limit_bytes) : limit_bytes_(limit_bytes) {}

  std::size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::size_t limit_bytes() const { return limit_bytes_; }

 private:
  friend class ByteCharge;

  std::atomic<std::size_t> used_bytes_{0};
  const std::size_t limit_bytes_;
};

// What one holder has taken from a ledger, given back at its end. An empty charge holds nothing.
// Not thread-safe; a charge may move between threads.
class ByteCharge {
 public:
  ByteCharge() = default;
  explicit ByteCharge(ByteLedger& ledger) : ledger_(&ledger) {}
  ByteCharge(const ByteCharge&) = delete;
  ByteCharge& operator=(const ByteCharge&) = delete;
  ByteCharge(ByteCharge&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
  ByteCharge& operator=(ByteCharge&& other) noexcept {
    if (this != &other) {
      Shrink(bytes_);
      ledger_ = std::exchange(other.ledger_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~ByteCharge() { Shrink(bytes_); }

  // Takes `bytes` more and returns true, or takes nothing and returns false because the ledger is
  // full. A holder that is the only one is never refused: a message always fits an idle server.
  // Requires: not an empty charge.
  bool Grow(std::size_t bytes) {
    std::size_t used = ledger_->used_bytes_.load(std::memory_order_relaxed);
    do {
      if (used + bytes > ledger_->limit_bytes_ && used > bytes_) return false;
    } while (
        !ledger_->used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
    bytes_ += bytes;
    return true;
  }

  // Takes or gives back until it holds `bytes`; returns false, and changes nothing, where Grow
  // does. Requires: not an empty charge.
  bool Resize(std::size_t bytes) {
    if (bytes > bytes_) return Grow(bytes - bytes_);
    Shrink(bytes_ - bytes);
    return true;
  }

  // Gives `bytes` back. Requires: bytes <= this->bytes().
  void Shrink(std::size_t bytes) {
    if (bytes == 0) return;
    ledger_->used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    bytes_ -= bytes;
  }

  std::size_t bytes() const { return bytes_; }

 private:
  ByteLedger* ledger_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace immudb
