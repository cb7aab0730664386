#include "index/block.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/error.h"

namespace immudb::index {
namespace {

constexpr std::size_t kRestartInterval = 16;
constexpr std::size_t kVarintBytesMax = 10;
// Bits of a record's tag below the index.
constexpr std::uint64_t kHasTail = 1;
constexpr std::uint64_t kHasKind = 2;
constexpr unsigned kTagBits = 2;
constexpr std::uint8_t kUsualKind = 1;  // Plain values: stored without a kind byte.
constexpr std::size_t kTailBlocksMax = 0xffff;
constexpr std::size_t kRecordBytesMax = 6 * kVarintBytesMax + 1 + kInlineKeyBytesMax;

std::size_t PutVarint(std::uint8_t* out, std::uint64_t value) {
  std::size_t bytes = 0;
  for (; value >= 0x80; value >>= 7) out[bytes++] = static_cast<std::uint8_t>(value | 0x80);
  out[bytes++] = static_cast<std::uint8_t>(value);
  return bytes;
}

// Of a checked block.
std::uint64_t GetVarint(const std::uint8_t*& in) {
  std::uint64_t value = *in & 0x7f;
  for (unsigned shift = 7; (*in++ & 0x80) != 0; shift += 7) {
    value |= static_cast<std::uint64_t>(*in & 0x7f) << shift;
  }
  return value;
}

std::uint32_t BlocksFor(std::size_t tail_bytes) {
  return static_cast<std::uint32_t>((tail_bytes + kOverflowBytes - 1) / kOverflowBytes);
}

// Whether a varint of at most kVarintBytesMax bytes starts at `at` and ends before `end`.
bool SkipVarint(BytesView block, std::size_t& at, std::size_t end) {
  for (std::size_t i = 0; i < kVarintBytesMax && at < end; i++) {
    if ((block[at++] & 0x80) == 0) return i + 1 < kVarintBytesMax || block[at - 1] == 1;
  }
  return false;
}

// Whether the varints and the kind byte of the record at `at` lie before `end`.
bool HeadFits(BytesView block, std::size_t at, std::size_t end) {
  if (!SkipVarint(block, at, end) || !SkipVarint(block, at, end) || at >= end) return false;
  const std::uint8_t tag = block[at];
  if (!SkipVarint(block, at, end)) return false;
  if ((tag & kHasKind) != 0 && ++at > end) return false;
  if ((tag & kHasTail) != 0 && (!SkipVarint(block, at, end) || !SkipVarint(block, at, end))) {
    return false;
  }
  return block[8] != static_cast<std::uint8_t>(BlockType::kFences) || SkipVarint(block, at, end);
}

bool RecordsWellFormed(BytesView block) {
  const BlockView view(block);
  const std::size_t end = view.records_end();
  const std::size_t records = view.records();
  if (records == 0 || view.restarts() != (records + kRestartInterval - 1) / kRestartInterval) {
    return false;
  }
  if (end < kBlockHeaderBytes || end + 2 * view.restarts() > kBlockBytes) return false;
  if (view.previous() >= view.number()) return false;
  std::size_t at = BlockView::first();
  std::size_t inline_bytes = 0;
  for (std::size_t i = 0; i < records; i++) {
    if (!HeadFits(block, at, end)) return false;
    const bool restart = i % kRestartInterval == 0;
    if (restart && view.restart(i / kRestartInterval) != at) return false;
    const BlockRecord record = view.Record(at);
    if (record.shared > (restart ? 0 : inline_bytes) || record.next > end) return false;
    if (record.suffix.size() > kInlineKeyBytesMax) return false;
    inline_bytes = record.shared + record.suffix.size();
    if (inline_bytes > kInlineKeyBytesMax) return false;
    if (record.tail_bytes > 0) {
      if (inline_bytes != kInlineKeyBytesMax) return false;
      if (record.tail_bytes > kKeyBytesMax - kInlineKeyBytesMax) return false;
      if (std::uint64_t{record.tail_block} + BlocksFor(record.tail_bytes) >
          view.overflow_blocks()) {
        return false;
      }
    }
    if (view.type() == BlockType::kFences && (record.child == 0 || record.child >= view.number())) {
      return false;
    }
    at = record.next;
  }
  return at == end;
}

}  // namespace

void SealBlock(std::span<std::uint8_t> block, std::uint32_t seed, std::uint32_t number,
               BlockType type) {
  IMMUDB_CHECK(block.size() == kBlockBytes);
  PutU32(&block[4], number);
  block[8] = static_cast<std::uint8_t>(type);
  PutU32(&block[0], Crc32c(seed, block.subspan(4)));
}

Status CheckBlock(BytesView block, std::uint32_t seed, std::uint32_t number) {
  if (block.size() != kBlockBytes) return Fail(Code::kCorrupted, "block {} is cut", number);
  if (GetU32(block.data()) != Crc32c(seed, block.subspan(4))) {
    return Fail(Code::kCorrupted, "checksum of block {} is wrong", number);
  }
  if (GetU32(&block[4]) != number) {
    return Fail(Code::kCorrupted, "block {} is in the place of block {}", GetU32(&block[4]),
                number);
  }
  const auto type = static_cast<BlockType>(block[8]);
  const bool has_records = type == BlockType::kEntries || type == BlockType::kFences;
  if (has_records && !RecordsWellFormed(block)) {
    return Fail(Code::kCorrupted, "records of block {} are malformed", number);
  }
  return {};
}

std::uint32_t BlockView::number() const {
  return GetU32(block_ + 4);
}
std::size_t BlockView::records() const {
  return GetU16(block_ + 10);
}
std::size_t BlockView::records_end() const {
  return GetU16(block_ + 12);
}
std::size_t BlockView::restarts() const {
  return GetU16(block_ + 14);
}
std::uint32_t BlockView::previous() const {
  return GetU32(block_ + 16);
}
std::uint32_t BlockView::overflow_blocks() const {
  return GetU16(block_ + 20);
}
std::size_t BlockView::restart(std::size_t i) const {
  return GetU16(block_ + kBlockBytes - 2 * (i + 1));
}

BlockRecord BlockView::Record(std::size_t offset) const {
  const std::uint8_t* in = block_ + offset;
  BlockRecord record;
  record.shared = GetVarint(in);
  const std::size_t suffix_bytes = GetVarint(in);
  const std::uint64_t tag = GetVarint(in);
  record.index = tag >> kTagBits;
  record.kind = (tag & kHasKind) != 0 ? *in++ : kUsualKind;
  if ((tag & kHasTail) != 0) {
    record.tail_bytes = GetVarint(in);
    record.tail_block = static_cast<std::uint32_t>(GetVarint(in));
  }
  if (type() == BlockType::kFences) record.child = static_cast<std::uint32_t>(GetVarint(in));
  record.suffix = {in, suffix_bytes};
  record.next = static_cast<std::size_t>(in - block_) + suffix_bytes;
  return record;
}

BlockBuilder::BlockBuilder(BlockType type) : type_(type), block_(kBlockBytes + kRecordBytesMax) {
  IMMUDB_CHECK(type == BlockType::kEntries || type == BlockType::kFences);
}

BlockBuilder::Plan BlockBuilder::PlanFor(BytesView key) const {
  if (records_ == 0) return {.shared = 0, .restart = true, .same_key = false};
  const std::size_t common = CommonPrefixBytes(key, last_key_);
  const bool restart = records_ % kRestartInterval == 0;
  return {.shared = restart ? 0 : std::min(common, kInlineKeyBytesMax),
          .restart = restart,
          .same_key = common == key.size() && common == last_key_.size()};
}

std::size_t BlockBuilder::Encode(const NewRecord& record, const Plan& plan) {
  const std::size_t inline_bytes = std::min(record.key.size(), kInlineKeyBytesMax);
  const std::size_t tail_bytes = record.key.size() - inline_bytes;
  const bool fence = type_ == BlockType::kFences;
  const bool has_kind = !fence && record.kind != kUsualKind;
  std::uint8_t* const begin = &block_[end_];
  std::uint8_t* out = begin;
  out += PutVarint(out, plan.shared);
  out += PutVarint(out, inline_bytes - plan.shared);
  out += PutVarint(
      out, record.index << kTagBits | (has_kind ? kHasKind : 0) | (tail_bytes > 0 ? kHasTail : 0));
  if (has_kind) *out++ = record.kind;
  if (tail_bytes > 0) {
    out += PutVarint(out, tail_bytes);
    out += PutVarint(out, plan.same_key ? last_tail_block_ : tail_blocks_);
  }
  if (fence) out += PutVarint(out, record.child);
  const BytesView suffix = record.key.subspan(plan.shared, inline_bytes - plan.shared);
  if (!suffix.empty()) std::memcpy(out, suffix.data(), suffix.size());
  return static_cast<std::size_t>(out - begin) + suffix.size();
}

void BlockBuilder::AddTail(BytesView tail) {
  const std::uint32_t blocks = BlocksFor(tail.size());
  const std::size_t at = tails_.size();
  tails_.resize(at + std::size_t{blocks} * kOverflowBytes);
  std::memcpy(&tails_[at], tail.data(), tail.size());
  last_tail_block_ = tail_blocks_;
  tail_blocks_ += blocks;
}

bool BlockBuilder::Add(const NewRecord& record) {
  IMMUDB_CHECK(record.key.size() <= kKeyBytesMax);
  IMMUDB_CHECK(record.index <= ~std::uint64_t{0} >> kTagBits);
  const BytesView tail = record.key.subspan(std::min(record.key.size(), kInlineKeyBytesMax));
  const Plan plan = PlanFor(record.key);
  const std::size_t bytes = Encode(record, plan);
  const std::size_t restarts = restarts_.size() + (plan.restart ? 1 : 0);
  if (end_ + bytes + 2 * restarts > kBlockBytes ||
      tail_blocks_ + BlocksFor(tail.size()) > kTailBlocksMax) {
    std::memset(&block_[end_], 0, bytes);
    return false;
  }
  if (plan.restart) restarts_.push_back(static_cast<std::uint16_t>(end_));
  if (!plan.same_key) {
    if (!tail.empty()) AddTail(tail);
    last_key_.assign(record.key.begin(), record.key.end());
  }
  end_ += bytes;
  records_++;
  return true;
}

void BlockBuilder::Finish(std::uint32_t seed, std::uint32_t number, std::uint32_t previous,
                          Bytes& out) {
  IMMUDB_CHECK(!empty());
  PutU16(&block_[10], static_cast<std::uint16_t>(records_));
  PutU16(&block_[12], static_cast<std::uint16_t>(end_));
  PutU16(&block_[14], static_cast<std::uint16_t>(restarts_.size()));
  PutU32(&block_[16], previous);
  PutU16(&block_[20], static_cast<std::uint16_t>(tail_blocks_));
  for (std::size_t i = 0; i < restarts_.size(); i++) {
    PutU16(&block_[kBlockBytes - 2 * (i + 1)], restarts_[i]);
  }
  const std::span<std::uint8_t> block(block_.data(), kBlockBytes);
  SealBlock(block, seed, number, type_);
  out.insert(out.end(), block.begin(), block.end());
  for (std::uint32_t i = 0; i < tail_blocks_; i++) {
    Bytes tail(kBlockBytes);
    std::memcpy(&tail[kBlockHeaderBytes], &tails_[i * kOverflowBytes], kOverflowBytes);
    SealBlock(tail, seed, number + 1 + i, BlockType::kOverflow);
    out.insert(out.end(), tail.begin(), tail.end());
  }
  Reset();
}

void BlockBuilder::Reset() {
  std::fill(block_.begin(), block_.end(), std::uint8_t{0});
  end_ = kBlockHeaderBytes;
  records_ = 0;
  restarts_.clear();
  last_key_.clear();
  tails_.clear();
  tail_blocks_ = 0;
  last_tail_block_ = 0;
}

}  // namespace immudb::index
