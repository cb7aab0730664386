// A table of bounded size for what outsiders can make entries of: when it is full, the entry that
// was touched longest ago makes room, but not one that must be kept if there is another.

#pragma once

#include <cstddef>
#include <iterator>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace immudb::auth {

// Not thread-safe. Pointers and references to values hold until the entry goes.
template <typename Value>
class RecentTable {
 public:
  // Requires: size_max > 0.
  explicit RecentTable(std::size_t size_max) : size_max_(size_max) {}

  std::size_t size() const { return entries_.size(); }

  Value* Find(std::string_view key) {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second->value;
  }

  // Returns the value of `key`, a new one if there is none, as the one touched last. A full table
  // gives up an old entry for it, for which `must_keep(value)` is false if one of the oldest is so.
  template <typename MustKeep>
  Value& Touch(std::string key, const MustKeep& must_keep) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) {
      entries_.splice(entries_.begin(), entries_, found->second);
      return found->second->value;
    }
    if (entries_.size() >= size_max_) MakeRoom(must_keep);
    entries_.push_front({std::move(key), {}});
    by_key_.emplace(entries_.front().key, entries_.begin());
    return entries_.front().value;
  }

  void Erase(std::string_view key) {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return;
    const auto entry = found->second;
    by_key_.erase(found);
    entries_.erase(entry);
  }

 private:
  // So many entries to be kept are passed over; if another is found behind them, they count as
  // touched.
  static constexpr int kPassedOverMax = 64;

  struct Entry {
    std::string key;
    Value value;
  };
  using Entries = std::list<Entry>;  // The one touched last is in front.

  template <typename MustKeep>
  void MakeRoom(const MustKeep& must_keep) {
    auto victim = std::prev(entries_.end());
    for (int i = 0; i < kPassedOverMax && must_keep(victim->value); ++i) {
      if (victim == entries_.begin()) break;
      --victim;
    }
    if (must_keep(victim->value)) {
      victim = std::prev(entries_.end());  // All are to be kept.
    } else {
      entries_.splice(entries_.begin(), entries_, std::next(victim), entries_.end());
    }
    by_key_.erase(victim->key);
    entries_.erase(victim);
  }

  const std::size_t size_max_;
  Entries entries_;
  std::unordered_map<std::string_view, typename Entries::iterator> by_key_;
};

}  // namespace immudb::auth
