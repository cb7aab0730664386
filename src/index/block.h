// Blocks of 4 KiB: the unit in which a run file is written, checked, cached and searched.
//
// Layout and checks: docs/formats/index-run.md. Entry blocks and fence blocks share one form:
// ordered, prefix-compressed records with restart points, where a long key continues in overflow
// blocks that follow its block in the file.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "index/key_order.h"
#include "io/block_cache.h"

namespace immudb::index {

using io::kBlockBytes;
inline constexpr std::size_t kBlockHeaderBytes = 24;
inline constexpr std::size_t kBlockPayloadBytes = kBlockBytes - kBlockHeaderBytes;
// Keys longer than this continue in overflow blocks.
inline constexpr std::size_t kInlineKeyBytesMax = 1024;

enum class BlockType : std::uint8_t {
  kEntries = 1,
  kOverflow = 2,
  kFences = 3,
  kBloom = 4,
  kFooter = 5,
};

// Fills in the number, type and checksum of a block whose other bytes are complete.
// `seed` binds the checksum to the file. Requires: block.size() == kBlockBytes.
void SealBlock(std::span<std::uint8_t> block, std::uint32_t seed, std::uint32_t number,
               BlockType type);

// Errors: kCorrupted if the checksum, the number or the form of the records is wrong. Blocks that
// passed may be read without further bounds checks.
Status CheckBlock(BytesView block, std::uint32_t seed, std::uint32_t number);

// The bytes after the header of an overflow block that hold part of a key.
inline constexpr std::size_t kOverflowBytes = kBlockPayloadBytes;

// One record of an entry or fence block, decoded. Views point into the block.
struct BlockRecord {
  std::size_t shared = 0;   // Inline key bytes taken from the record before.
  BytesView suffix;         // The rest of the inline key bytes.
  std::uint64_t index = 0;  // Relative to the run's first; in fences 0 is "before all", else + 1.
  std::uint8_t kind = 0;
  std::size_t tail_bytes = 0;    // Key bytes in overflow blocks.
  std::uint32_t tail_block = 0;  // The first of them, counted from the one after this block.
  std::uint32_t child = 0;       // Fences: the block below.
  std::size_t next = 0;          // Where the next record starts.
};

// A checked entry or fence block. Borrows its bytes.
class BlockView {
 public:
  explicit BlockView(BytesView block) : block_(block.data()) {}

  BlockType type() const { return static_cast<BlockType>(block_[8]); }
  std::uint32_t number() const;
  std::size_t records() const;
  std::size_t restarts() const;
  std::size_t records_end() const;
  std::uint32_t previous() const;         // The entry block before, 0 for none.
  std::uint32_t overflow_blocks() const;  // That follow this block.

  static constexpr std::size_t first() { return kBlockHeaderBytes; }
  std::size_t restart(std::size_t i) const;
  BlockRecord Record(std::size_t offset) const;

 private:
  const std::uint8_t* block_;
};

// What is added to a block: see BlockRecord.
struct NewRecord {
  BytesView key;
  std::uint64_t index = 0;
  std::uint8_t kind = 0;
  std::uint32_t child = 0;
};

// Builds one block after the other. Not thread-safe.
class BlockBuilder {
 public:
  // Requires: kEntries or kFences.
  explicit BlockBuilder(BlockType type);

  // Adds a record, ordered after the one before, or returns false if it does not fit, which does
  // not happen in an empty block.
  bool Add(const NewRecord& record);

  bool empty() const { return records_ == 0; }
  // How many blocks Finish will append.
  std::uint32_t blocks() const { return 1 + tail_blocks_; }

  // Appends the block and its overflow blocks, the first of which gets `number`, to `out`, and
  // starts the next block.
  void Finish(std::uint32_t seed, std::uint32_t number, std::uint32_t previous, Bytes& out);

 private:
  // What adding a record means for the block.
  struct Plan {
    std::size_t shared = 0;
    bool restart = false;
    bool same_key = false;  // As the record before: shares its tail.
  };

  Plan PlanFor(BytesView key) const;
  // Writes the record behind the others, whether it fits or not, and returns its bytes.
  std::size_t Encode(const NewRecord& record, const Plan& plan);
  void AddTail(BytesView tail);
  void Reset();

  const BlockType type_;
  Bytes block_;  // With room for one record that does not fit.
  std::size_t end_ = kBlockHeaderBytes;
  std::size_t records_ = 0;
  std::vector<std::uint16_t> restarts_;
  Bytes last_key_;
  Bytes tails_;  // Whole overflow payloads.
  std::uint32_t tail_blocks_ = 0;
  std::uint32_t last_tail_block_ = 0;
};

}  // namespace immudb::index
