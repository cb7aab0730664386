// A cursor over a sorted array of a memtable.

#pragma once

#include <memory>
#include <utility>

#include "index/cursor.h"
#include "index/sorted_array.h"

namespace immudb::index {

// Keeps the array alive, but not the part whose entries it may borrow. Moves never fail.
class ArrayCursor : public Cursor {
 public:
  explicit ArrayCursor(SortedArray::Pointer array) : array_(std::move(array)), at_(kNowhere) {}

  Status Seek(const Position& position) override {
    at_ = array_->LowerBound(position);
    return {};
  }
  Status SeekBefore(const Position& position) override {
    at_ = array_->LowerBound(position) - 1;  // Wraps to kNowhere.
    return {};
  }
  Status Next() override {
    at_++;
    return {};
  }
  Status Previous() override {
    at_--;
    return {};
  }
  Position position() const override { return (*array_)[at_].position(); }
  std::uint8_t kind() const override { return (*array_)[at_].kind(); }
  bool valid() const override { return at_ < array_->count(); }

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  const SortedArray::Pointer array_;
  std::size_t at_;
};

}  // namespace immudb::index
