// Looking at entries that this program framed itself, or has verified: no checks, no cost.
// docs/formats/log.md has the layout.

#pragma once

#include <cstddef>

#include "base/encoding.h"
#include "immudb/bytes.h"
#include "log/entry.h"

namespace immudb::log {

// Returns the entry that `framed` begins with.
// Requires: AppendEntry made it, or DecodeEntry or CheckBody accepted it.
inline EntryView ViewFramed(BytesView framed) {
  const std::size_t key_bytes = GetU16(framed.data() + 2);
  const std::size_t extension_bytes = GetU16(framed.data() + 4);
  const std::size_t value_bytes = GetU32(framed.data() + 8);
  const std::size_t value_at = kEntryHeaderBytes + key_bytes + extension_bytes;
  return {.kind = static_cast<EntryKind>(framed[0]),
          .last_of_batch = (framed[1] & 1) != 0,
          .key = framed.subspan(kEntryHeaderBytes, key_bytes),
          .value = framed.subspan(value_at, value_bytes),
          .framed_bytes = value_at + value_bytes};
}

// The entries of a body, one after the other: `for (const EntryView& entry : FramedEntries(body))`.
// Requires: as ViewFramed, for all of them. The views live as long as the body.
class FramedEntries {
 public:
  explicit FramedEntries(BytesView body) : body_(body) {}

  class Iterator {
   public:
    explicit Iterator(BytesView rest) : rest_(rest) { View(); }
    const EntryView& operator*() const { return entry_; }
    Iterator& operator++() {
      rest_ = rest_.subspan(entry_.framed_bytes);
      View();
      return *this;
    }
    bool operator!=(const Iterator& other) const { return rest_.size() != other.rest_.size(); }

   private:
    void View() {
      if (!rest_.empty()) entry_ = ViewFramed(rest_);
    }

    BytesView rest_;
    EntryView entry_;
  };

  Iterator begin() const { return Iterator(body_); }
  Iterator end() const { return Iterator(body_.last(0)); }

 private:
  BytesView body_;
};

}  // namespace immudb::log
