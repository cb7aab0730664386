// What readers of the index move through: the keys of a snapshot, and the versions of a key.
//
// A snapshot is a number of entries: versions with an index at or above it do not exist for it.
// Both kinds of reader pin the memory and the runs they were made over, so they never see a change
// and may be kept, but should not be for long: what they pin cannot be released.

#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "index/cursor.h"
#include "index/version.h"

namespace immudb::index {

// What a snapshot consists of. `pins` keeps alive what the cursors borrow from.
struct SnapshotCursor {
  std::shared_ptr<const void> pins;  // Shared by the index and all readers of its current state.
  std::unique_ptr<Cursor> cursor;
  TreeSize size;
};

// Moves over the keys of a snapshot in order, each with its newest version.
//
// Errors of every move: kIo, kCorrupted; kUnavailable with Access::kMemoryOnly. The cursor is then
// not valid and must seek again. Cost of a move: that of the versions it skips, at most eight a
// key; beyond, one seek.
//
// Not thread-safe.
class ScanCursor {
 public:
  explicit ScanCursor(SnapshotCursor snapshot);

  // Moves to the first key at or after `key`.
  Status Seek(BytesView key);
  // Moves to the last key at or before `key`.
  Status SeekForPrev(BytesView key);
  // Moves to the last key before `key`.
  Status SeekBefore(BytesView key);
  Status SeekToFirst();
  Status SeekToLast();

  bool valid() const { return valid_; }

  // Requires of all below: valid().
  Status Next();
  Status Prev();
  // Borrowed until the next move.
  BytesView key() const { return key_; }
  Version version() const { return version_; }

 private:
  enum class Direction : std::uint8_t { kForward, kBackward };

  Status Guard(Status status);
  // Settles on the first key with a visible version at or after the inner cursor's place.
  Status FindForward();
  // Settles on the last key with a visible version at or before the inner cursor's place.
  Status FindBackward();
  // Moves the inner cursor behind all versions of key_.
  Status SkipKey();
  // With the inner cursor at the oldest version of key_: finds the newest visible one and moves the
  // inner cursor before all versions of key_. Returns whether there is one.
  Result<bool> NewestOfKeyBackward();
  void TakeKey();

  SnapshotCursor snapshot_;
  Cursor& inner_;
  bool valid_ = false;
  Direction direction_ = Direction::kForward;  // Where the inner cursor stands, seen from key_.
  Bytes key_;
  Version version_;
};

// Moves over all versions of all keys of a snapshot: keys in order, the newest version first.
//
// Errors of the moves: as ScanCursor. Not thread-safe.
class AllVersionsCursor {
 public:
  explicit AllVersionsCursor(SnapshotCursor snapshot) : snapshot_(std::move(snapshot)) {}

  Status SeekToFirst();
  bool valid() const { return snapshot_.cursor->valid(); }

  // Requires of all below: valid().
  Status Next();
  // Borrowed until the next move.
  BytesView key() const { return snapshot_.cursor->position().key; }
  Version version() const {
    return {LeafIndex{snapshot_.cursor->position().index}, snapshot_.cursor->kind()};
  }

 private:
  Status SkipInvisible();

  SnapshotCursor snapshot_;
};

enum class VersionOrder : std::uint8_t {
  kNewestFirst,
  kOldestFirst,
};

// Yields the versions of one key, in the order of their indexes. Not thread-safe.
class VersionCursor {
 public:
  // Starts at the first version of `key`, in `order`, that is not before the index `from`.
  VersionCursor(SnapshotCursor snapshot, BytesView key, LeafIndex from, VersionOrder order);

  // Returns the next version, or nothing at the end.
  // Errors: kIo, kCorrupted; kUnavailable with Access::kMemoryOnly. The same version may be asked
  // for again.
  Result<std::optional<Version>> Next();

 private:
  SnapshotCursor snapshot_;
  const Bytes key_;
  const VersionOrder order_;
  std::optional<std::uint64_t> next_;  // The first index not yet looked at; none at the end.
  bool placed_ = false;                // The inner cursor stands at or behind next_.
};

}  // namespace immudb::index
