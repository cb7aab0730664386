#include "crypto/sha256_lanes.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/encoding.h"

namespace immudb::crypto::internal {
namespace {

// Copies up to a few blocks. Calls of memcpy for the three pieces of a short message take as long
// as compressing it does.
inline void CopyShort(std::uint8_t* out, BytesView bytes) {
  const std::uint8_t* const in = bytes.data();
  const std::size_t count = bytes.size();
  if (count >= 16) {
    for (std::size_t i = 0; i + 16 <= count; i += 16) std::memcpy(out + i, in + i, 16);
    std::memcpy(out + count - 16, in + count - 16, 16);
  } else if (count >= 8) {
    std::memcpy(out, in, 8);
    std::memcpy(out + count - 8, in + count - 8, 8);
  } else if (count >= 4) {
    std::memcpy(out, in, 4);
    std::memcpy(out + count - 4, in + count - 4, 4);
  } else {
    for (std::size_t i = 0; i < count; i++) out[i] = in[i];
  }
}

// Cuts one message, padded as FIPS 180-4 section 5.1.1 says, into runs of whole blocks: in place
// where a piece holds them, copied where they span pieces.
class BlockCutter {
 public:
  struct Run {
    const std::uint8_t* data = nullptr;
    std::size_t block_count = 0;
  };

  void Start(const MessageParts& message) {
    message_ = &message;
    part_ = 0;
    rest_ = message[0];
    padded_ = false;
    length_bytes_ = 0;
    for (const BytesView part : message) length_bytes_ += part.size();
  }

  // Returns the whole message if it is short, else the first run.
  Run First() { return length_bytes_ <= kShortBytesMax ? TakeShort() : Next(); }

  // Returns the next run, empty after the last one. It is valid until the next call.
  Run Next() {
    if (padded_) return {};
    if (rest_.size() >= kBlockBytes) return TakeInPlace();
    std::size_t filled = 0;
    while (filled < kCopyBytesMax) {
      if (rest_.empty()) {
        if (part_ + 1 == message_->size()) return Pad(filled);
        rest_ = (*message_)[++part_];
        continue;
      }
      // Of a long piece only what completes the block is copied.
      const std::size_t to_boundary = kBlockBytes - filled % kBlockBytes;
      const bool is_long = rest_.size() >= to_boundary + kBlockBytes;
      const std::size_t count =
          is_long ? to_boundary % kBlockBytes : std::min(rest_.size(), kCopyBytesMax - filled);
      std::memcpy(buffer_ + filled, rest_.data(), count);
      rest_ = rest_.subspan(count);
      filled += count;
      if (is_long) break;
    }
    if (filled == 0) return TakeInPlace();
    return {buffer_, filled / kBlockBytes};
  }

 private:
  static constexpr std::size_t kCopyBytesMax = 2 * kBlockBytes;
  // The end mark and the length take nine bytes of the last block.
  static constexpr std::size_t kShortBytesMax = 3 * kBlockBytes - 9;

  Run TakeShort() {
    std::memset(buffer_, 0, sizeof buffer_);
    std::uint8_t* out = buffer_;
    for (const BytesView part : *message_) {
      CopyShort(out, part);
      out += part.size();
    }
    *out = 0x80;
    const std::size_t blocks = (length_bytes_ + 9 + kBlockBytes - 1) / kBlockBytes;
    PutBigU64(buffer_ + blocks * kBlockBytes - 8, length_bytes_ * 8);
    padded_ = true;
    return {buffer_, blocks};
  }

  Run TakeInPlace() {
    const Run run{rest_.data(), rest_.size() / kBlockBytes};
    rest_ = rest_.subspan(run.block_count * kBlockBytes);
    return run;
  }

  Run Pad(std::size_t filled) {
    const std::size_t blocks = (filled + 9 + kBlockBytes - 1) / kBlockBytes;
    const std::size_t end = blocks * kBlockBytes;
    buffer_[filled] = 0x80;
    std::memset(buffer_ + filled + 1, 0, end - filled - 1);
    PutBigU64(buffer_ + end - 8, length_bytes_ * 8);
    padded_ = true;
    return {buffer_, blocks};
  }

  const MessageParts* message_ = nullptr;
  std::size_t part_ = 0;
  BytesView rest_;  // What is left of the current piece.
  bool padded_ = false;
  std::uint64_t length_bytes_ = 0;
  alignas(16) std::uint8_t buffer_[kCopyBytesMax + kBlockBytes];  // NOLINT: filled before use
};

// Hands messages to streams, in order.
class Queue {
 public:
  Queue(std::span<const MessageParts> messages, std::span<Digest> digests)
      : messages_(messages), digests_(digests) {}

  bool empty() const { return next_ == messages_.size(); }
  std::size_t Take() { return next_++; }
  const MessageParts& message(std::size_t i) const { return messages_[i]; }
  Digest& digest(std::size_t i) { return digests_[i]; }

 private:
  std::span<const MessageParts> messages_;
  std::span<Digest> digests_;
  std::size_t next_ = 0;
};

// One stream: the message it is at, and what of it can be compressed next.
class Lane {
 public:
  explicit Lane(Queue& queue) : queue_(&queue) { StartNext(); }

  bool busy() const { return run_.block_count > 0; }
  std::size_t block_count() const { return run_.block_count; }
  Stream stream() { return {&state_, run_.data}; }

  // Notes that `count` blocks were compressed; goes on to another message at the end of this one.
  void Advance(std::size_t count) {
    run_.data += count * kBlockBytes;
    run_.block_count -= count;
    if (run_.block_count > 0) return;
    run_ = cutter_.Next();
    if (run_.block_count > 0) return;
    Digest& digest = queue_->digest(message_);
    for (std::size_t i = 0; i < 8; i++) {
      PutU32(digest.data() + 4 * i, __builtin_bswap32(state_.words[i]));
    }
    StartNext();
  }

 private:
  void StartNext() {
    if (queue_->empty()) return;
    message_ = queue_->Take();
    state_ = kInitialState;
    cutter_.Start(queue_->message(message_));
    run_ = cutter_.First();
  }

  Queue* queue_;
  std::size_t message_ = 0;
  ChainState state_{};
  BlockCutter cutter_;
  BlockCutter::Run run_;
};

}  // namespace

void HashLanes(const Kernel& kernel, std::span<const MessageParts> messages,
               std::span<Digest> digests) {
  IMMUDB_CHECK(messages.size() == digests.size());
  Queue queue(messages, digests);
  Lane first(queue);
  Lane second(queue);
  while (first.busy() && second.busy()) {
    const std::size_t count = std::min(first.block_count(), second.block_count());
    kernel.compress_two({first.stream(), second.stream()}, count);
    first.Advance(count);
    second.Advance(count);
  }
  Lane& last = first.busy() ? first : second;
  while (last.busy()) {
    const std::size_t count = last.block_count();
    kernel.compress_one(last.stream(), count);
    last.Advance(count);
  }
}

}  // namespace immudb::crypto::internal
