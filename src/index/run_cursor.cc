#include <utility>

#include "base/error.h"
#include "index/block_search.h"
#include "index/run.h"

namespace immudb::index {
namespace {

class RunCursor : public Cursor {
 public:
  RunCursor(const Run& run, Access access) : run_(run), access_(access) {}

  Status Seek(const Position& position) override { return Guard(DoSeek(position)); }
  Status SeekBefore(const Position& position) override { return Guard(DoSeekBefore(position)); }
  Status Next() override { return Guard(DoNext()); }
  Status Previous() override { return Guard(DoPrevious()); }

  bool valid() const override { return offset_ != 0; }
  Position position() const override { return {key_, EntryIndex(run_, record_)}; }
  std::uint8_t kind() const override { return record_.kind; }

 private:
  BlockView view() const { return BlockView(*block_); }

  Status Guard(Status status) {
    if (!status) offset_ = 0;
    return status;
  }

  Status LoadBlock(std::uint32_t number) {
    if (block_ != nullptr && view().number() == number) return {};
    IMMUDB_ASSIGN(io::BlockRef block, run_.Block(number, access_));
    if (BlockView(*block).type() != BlockType::kEntries) {
      return Fail(Code::kCorrupted, "{}: block {} holds no entries", run_.path(), number);
    }
    block_ = std::move(block);
    return {};
  }

  Status DoSeek(const Position& position) {
    IMMUDB_ASSIGN(const std::uint32_t number, run_.EntryBlockFor(position, access_));
    IMMUDB_TRY(LoadBlock(number));
    IMMUDB_ASSIGN(const Found found,
                  SearchBlock(run_, block_, position, Bound::kAtOrAfter, access_));
    return found.at != 0 ? MoveTo(found.at) : FirstOfNextBlock();
  }

  Status DoSeekBefore(const Position& position) {
    IMMUDB_ASSIGN(const std::uint32_t number, run_.EntryBlockFor(position, access_));
    IMMUDB_TRY(LoadBlock(number));
    IMMUDB_ASSIGN(const Found found,
                  SearchBlock(run_, block_, position, Bound::kAtOrAfter, access_));
    return found.before != 0 ? MoveTo(found.before) : LastOfPreviousBlock();
  }

  Status DoNext() {
    if (record_.next >= view().records_end()) return FirstOfNextBlock();
    offset_ = record_.next;
    return Decode();
  }

  Status DoPrevious() {
    if (offset_ == BlockView::first()) return LastOfPreviousBlock();
    return MoveBefore(offset_);
  }

  Status FirstOfNextBlock() {
    const std::uint32_t number = view().number() + 1 + view().overflow_blocks();
    if (number >= run_.footer().entries_end) {
      offset_ = 0;
      return {};
    }
    IMMUDB_TRY(LoadBlock(number));
    return MoveTo(BlockView::first());
  }

  Status LastOfPreviousBlock() {
    const std::uint32_t number = view().previous();
    if (number == 0) {
      offset_ = 0;
      return {};
    }
    IMMUDB_TRY(LoadBlock(number));
    return MoveBefore(view().records_end());
  }

  // Moves to the last record that starts before `end`, which is not the first record's offset.
  Status MoveBefore(std::size_t end) {
    const std::size_t restart = RestartBefore(end);
    std::size_t offset = restart;
    for (;;) {
      const std::size_t next = view().Record(offset).next;
      if (next >= end) break;
      offset = next;
    }
    return MoveFrom(restart, offset);
  }

  Status MoveTo(std::size_t offset) { return MoveFrom(RestartBefore(offset + 1), offset); }

  // The last restart point before `end`.
  std::size_t RestartBefore(std::size_t end) const {
    std::size_t low = 0;
    std::size_t high = view().restarts();
    while (high - low > 1) {
      const std::size_t middle = low + (high - low) / 2;
      (view().restart(middle) < end ? low : high) = middle;
    }
    return view().restart(low);
  }

  // Decodes the key of the record at `offset`, from the restart point before it.
  Status MoveFrom(std::size_t restart, std::size_t offset) {
    for (std::size_t at = restart; at < offset;) {
      const BlockRecord record = view().Record(at);
      TakeInline(record);
      at = record.next;
    }
    tail_key_block_ = 0;
    offset_ = offset;
    return Decode();
  }

  void TakeInline(const BlockRecord& record) {
    key_.resize(record.shared);
    key_.insert(key_.end(), record.suffix.begin(), record.suffix.end());
  }

  // Decodes the record at offset_; key_ holds at least the inline key of the one before.
  Status Decode() {
    const BlockRecord record = view().Record(offset_);
    const std::size_t key_bytes = record.shared + record.suffix.size() + record.tail_bytes;
    const bool same_tail = record.tail_bytes > 0 && record.suffix.empty() &&
                           key_bytes == key_.size() && record.tail_block + 1 == tail_key_block_;
    record_ = record;
    if (same_tail) return {};
    TakeInline(record);
    tail_key_block_ = 0;
    if (record.tail_bytes == 0) return {};
    IMMUDB_TRY(AppendTail(run_, view(), record, access_, key_));
    tail_key_block_ = record.tail_block + 1;
    return {};
  }

  const Run& run_;
  const Access access_;
  io::BlockRef block_;
  std::size_t offset_ = 0;  // Of the current record; 0 if there is none.
  BlockRecord record_;
  Bytes key_;
  std::uint32_t tail_key_block_ = 0;  // The tail_block + 1 that key_ ends with; 0 for none.
};

}  // namespace

std::unique_ptr<Cursor> Run::NewCursor(Access access) const {
  return std::make_unique<RunCursor>(*this, access);
}

}  // namespace immudb::index
