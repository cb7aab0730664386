#include "index/merging_cursor.h"

#include <algorithm>
#include <utility>

namespace immudb::index {
namespace {

// std heaps keep the greatest in front.
bool IsAfter(const Cursor* a, const Cursor* b) {
  return Compare(a->position(), b->position()) > 0;
}
bool IsBefore(const Cursor* a, const Cursor* b) {
  return Compare(a->position(), b->position()) < 0;
}

}  // namespace

MergingCursor::MergingCursor(std::vector<std::unique_ptr<Cursor>> sources)
    : sources_(std::move(sources)) {
  heap_.reserve(sources_.size());
}

Status MergingCursor::SeekAll(const Position& position, Direction direction) {
  const bool forward = direction == Direction::kForward;
  heap_.clear();
  for (const auto& source : sources_) {
    if (Status status = forward ? source->Seek(position) : source->SeekBefore(position); !status) {
      heap_.clear();
      return status;
    }
    if (source->valid()) heap_.push_back(source.get());
  }
  direction_ = direction;
  std::make_heap(heap_.begin(), heap_.end(), forward ? IsAfter : IsBefore);
  return {};
}

Status MergingCursor::Seek(const Position& position) {
  return SeekAll(position, Direction::kForward);
}

Status MergingCursor::SeekBefore(const Position& position) {
  return SeekAll(position, Direction::kBackward);
}

Status MergingCursor::Settle(Status moved) {
  if (!moved) {
    heap_.clear();
    return moved;
  }
  const auto after = direction_ == Direction::kForward ? IsAfter : IsBefore;
  // The first source usually stays first: sift it down instead of removing and adding it.
  if (!heap_.front()->valid()) {
    heap_.front() = heap_.back();
    heap_.pop_back();
  }
  std::size_t at = 0;
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= heap_.size()) return {};
    if (child + 1 < heap_.size() && after(heap_[child], heap_[child + 1])) child++;
    if (!after(heap_[at], heap_[child])) return {};
    std::swap(heap_[at], heap_[child]);
    at = child;
  }
}

Status MergingCursor::Next() {
  if (direction_ == Direction::kBackward) {
    const Position here = position();
    turning_key_.assign(here.key.begin(), here.key.end());
    if (Status status = SeekAll({turning_key_, here.index}, Direction::kForward); !status) {
      return status;
    }
  }
  return Settle(heap_.front()->Next());
}

Status MergingCursor::Previous() {
  if (direction_ == Direction::kForward) {
    const Position here = position();
    turning_key_.assign(here.key.begin(), here.key.end());
    return SeekAll({turning_key_, here.index}, Direction::kBackward);
  }
  return Settle(heap_.front()->Previous());
}

}  // namespace immudb::index
