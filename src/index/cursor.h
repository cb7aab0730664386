// A movable place in an ordered sequence of versions: an array in memory, a run on disk, or several
// of them merged.

#pragma once

#include "immudb/result.h"
#include "index/key_order.h"

namespace immudb::index {

// Errors of every move: kIo, kCorrupted; kUnavailable with Access::kMemoryOnly. The cursor is then
// not valid and must seek again. Not thread-safe.
class Cursor {
 public:
  virtual ~Cursor() = default;

  // Moves to the first version at or after `position`.
  virtual Status Seek(const Position& position) = 0;
  // Moves to the last version before `position`.
  virtual Status SeekBefore(const Position& position) = 0;

  // Requires of all below: valid().
  virtual Status Next() = 0;
  virtual Status Previous() = 0;
  // The key is borrowed until the next move.
  virtual Position position() const = 0;
  virtual std::uint8_t kind() const = 0;

  // False before the first seek, beyond either end and after an error.
  virtual bool valid() const = 0;
};

}  // namespace immudb::index
