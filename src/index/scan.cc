#include "index/scan.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"

namespace immudb::index {
namespace {

// Versions of one key that are passed one by one before a seek is cheaper.
constexpr int kStepsMax = 8;

}  // namespace

ScanCursor::ScanCursor(SnapshotCursor snapshot)
    : snapshot_(std::move(snapshot)), inner_(*snapshot_.cursor) {}

Status ScanCursor::Guard(Status status) {
  if (!status) valid_ = false;
  return status;
}

Status ScanCursor::Seek(BytesView key) {
  const Bytes own(key.begin(), key.end());  // `key` may be this cursor's.
  if (Status status = inner_.Seek({own, kBeforeNewest}); !status) return Guard(std::move(status));
  return Guard(FindForward());
}

Status ScanCursor::SeekForPrev(BytesView key) {
  Bytes successor(key.begin(), key.end());
  successor.push_back(0);
  return SeekBefore(successor);
}

Status ScanCursor::SeekBefore(BytesView key) {
  const Bytes own(key.begin(), key.end());
  if (Status status = inner_.SeekBefore({own, kBeforeNewest}); !status) {
    return Guard(std::move(status));
  }
  return Guard(FindBackward());
}

Status ScanCursor::SeekToFirst() {
  return Seek({});
}

Status ScanCursor::SeekToLast() {
  // No key is longer, so none is beyond.
  const Bytes beyond(kKeyBytesMax + 1, 0xff);
  return SeekBefore(beyond);
}

void ScanCursor::TakeKey() {
  const BytesView key = inner_.position().key;
  key_.assign(key.begin(), key.end());
}

Status ScanCursor::FindForward() {
  valid_ = false;
  direction_ = Direction::kForward;
  for (int steps = 0; inner_.valid(); steps++) {
    const Position at = inner_.position();
    if (at.index < snapshot_.size.value) {
      TakeKey();
      version_ = {LeafIndex{at.index}, inner_.kind()};
      valid_ = true;
      return {};
    }
    // Too new. Steps to another key count too: harmless.
    if (steps < kStepsMax || snapshot_.size.value == 0) {
      IMMUDB_TRY(inner_.Next());
    } else {
      steps = 0;
      TakeKey();
      IMMUDB_TRY(inner_.Seek({key_, snapshot_.size.value - 1}));
    }
  }
  return {};
}

Status ScanCursor::SkipKey() {
  for (int steps = 0; steps < kStepsMax; steps++) {
    if (!inner_.valid() || CompareKeys(inner_.position().key, key_) != 0) return {};
    IMMUDB_TRY(inner_.Next());
  }
  if (!inner_.valid() || CompareKeys(inner_.position().key, key_) != 0) return {};
  key_.push_back(0);
  return inner_.Seek({key_, kBeforeNewest});
}

Status ScanCursor::Next() {
  IMMUDB_CHECK(valid_);
  valid_ = false;
  if (direction_ == Direction::kBackward) {
    key_.push_back(0);
    IMMUDB_TRY(inner_.Seek({key_, kBeforeNewest}));
  } else {
    IMMUDB_TRY(SkipKey());
  }
  return Guard(FindForward());
}

Status ScanCursor::Prev() {
  IMMUDB_CHECK(valid_);
  valid_ = false;
  if (direction_ == Direction::kForward) {
    IMMUDB_TRY(inner_.SeekBefore({key_, kBeforeNewest}));
  }
  return Guard(FindBackward());
}

Result<bool> ScanCursor::NewestOfKeyBackward() {
  bool found = false;
  for (int steps = 0; inner_.valid(); steps++) {
    const Position at = inner_.position();
    if (CompareKeys(at.key, key_) != 0) return found;
    if (at.index >= snapshot_.size.value || steps == kStepsMax) {
      if (at.index < snapshot_.size.value) {
        IMMUDB_TRY(inner_.Seek({key_, snapshot_.size.value - 1}));
        if (!inner_.valid()) return Fail(Code::kCorrupted, "a run of the index is out of order");
        version_ = {LeafIndex{inner_.position().index}, inner_.kind()};
        found = true;
      }
      IMMUDB_TRY(inner_.SeekBefore({key_, kBeforeNewest}));
      return found;
    }
    version_ = {LeafIndex{at.index}, inner_.kind()};
    found = true;
    IMMUDB_TRY(inner_.Previous());
  }
  return found;
}

Status ScanCursor::FindBackward() {
  valid_ = false;
  direction_ = Direction::kBackward;
  while (inner_.valid()) {
    TakeKey();
    IMMUDB_ASSIGN(valid_, NewestOfKeyBackward());
    if (valid_) return {};
  }
  return {};
}

Status AllVersionsCursor::SkipInvisible() {
  Cursor& inner = *snapshot_.cursor;
  while (inner.valid() && inner.position().index >= snapshot_.size.value) IMMUDB_TRY(inner.Next());
  return {};
}

Status AllVersionsCursor::SeekToFirst() {
  IMMUDB_TRY(snapshot_.cursor->Seek({{}, kBeforeNewest}));
  return SkipInvisible();
}

Status AllVersionsCursor::Next() {
  IMMUDB_TRY(snapshot_.cursor->Next());
  return SkipInvisible();
}

VersionCursor::VersionCursor(SnapshotCursor snapshot, BytesView key, LeafIndex from,
                             VersionOrder order)
    : snapshot_(std::move(snapshot)), key_(key.begin(), key.end()), order_(order) {
  if (snapshot_.size.value == 0) return;
  const std::uint64_t newest = snapshot_.size.value - 1;
  if (order == VersionOrder::kNewestFirst) {
    next_ = std::min(from.value, newest);
  } else if (from.value <= newest) {
    next_ = from.value;
  }
}

Result<std::optional<Version>> VersionCursor::Next() {
  if (!next_) return std::nullopt;
  Cursor& inner = *snapshot_.cursor;
  const bool newest_first = order_ == VersionOrder::kNewestFirst;
  if (!std::exchange(placed_, false)) {
    if (newest_first) {
      IMMUDB_TRY(inner.Seek({key_, *next_}));
    } else if (*next_ == 0) {
      Bytes successor = key_;
      successor.push_back(0);
      IMMUDB_TRY(inner.SeekBefore({successor, kBeforeNewest}));
    } else {
      IMMUDB_TRY(inner.SeekBefore({key_, *next_ - 1}));
    }
  } else {
    IMMUDB_TRY(newest_first ? inner.Next() : inner.Previous());
  }
  const bool found = inner.valid() && CompareKeys(inner.position().key, key_) == 0 &&
                     inner.position().index < snapshot_.size.value;
  if (!found) {
    next_.reset();
    return std::nullopt;
  }
  const Version version{LeafIndex{inner.position().index}, inner.kind()};
  placed_ = true;
  if (newest_first) {
    next_ = version.index.value == 0 ? std::nullopt : std::optional(version.index.value - 1);
  } else {
    next_ = version.index.value + 1;
  }
  return version;
}

}  // namespace immudb::index
