// Where replay must start so that the incomplete pages of derived files can be filled again.

#pragma once

#include <cstdint>
#include <deque>

#include "immudb/tree.h"
#include "log/log.h"

namespace immudb::ledger {

// A record of the log: everything from `first_index` on is read from `position` on.
struct RecordStart {
  LeafIndex first_index;
  log::LogPosition position;
};

// Remembers the starts of the newest records, as far back as an incomplete page can reach.
// Not thread-safe.
class EdgeTracker {
 public:
  // An incomplete page of the tree (64 leaves) or of the offsets (510) begins at most this far
  // back.
  static constexpr std::uint64_t kReach = 512;

  // Requires: records come in order.
  void Add(RecordStart record) {
    records_.push_back(record);
    while (records_.size() > 1 &&
           records_[1].first_index.value + kReach <= record.first_index.value) {
      records_.pop_front();
    }
  }

  // The newest known record that lies at least kReach entries below everything added after it, or
  // the oldest one. Position 0 if none was added.
  RecordStart edge() const { return records_.empty() ? RecordStart{} : records_.front(); }

 private:
  std::deque<RecordStart> records_;
};

}  // namespace immudb::ledger
