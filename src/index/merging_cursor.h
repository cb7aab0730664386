// Several ordered sequences, no version in more than one, read as one.
//
// A heap holds the sources; a change of direction seeks all of them again.
// Cost: a move about 15 ns * log2 of the sources, besides the source's own move.

#pragma once

#include <memory>
#include <vector>

#include "index/cursor.h"

namespace immudb::index {

class MergingCursor : public Cursor {
 public:
  explicit MergingCursor(std::vector<std::unique_ptr<Cursor>> sources);

  Status Seek(const Position& position) override;
  Status SeekBefore(const Position& position) override;
  Status Next() override;
  Status Previous() override;
  Position position() const override { return heap_.front()->position(); }
  std::uint8_t kind() const override { return heap_.front()->kind(); }
  bool valid() const override { return !heap_.empty(); }

 private:
  enum class Direction : std::uint8_t { kForward, kBackward };

  Status SeekAll(const Position& position, Direction direction);
  // Restores the heap after its first source has moved, or failed to.
  Status Settle(Status moved);

  const std::vector<std::unique_ptr<Cursor>> sources_;
  Direction direction_ = Direction::kForward;
  std::vector<Cursor*> heap_;  // The valid sources, the current one first.
  Bytes turning_key_;
};

}  // namespace immudb::index
