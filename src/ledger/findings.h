// Collecting what an inspection finds: all are counted, the first ones told.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "immudb/inspection.h"
#include "immudb/tree.h"

namespace immudb::ledger {

// Not thread-safe.
class Findings {
 public:
  explicit Findings(std::size_t told_max) : told_max_(told_max) {}

  void Add(InspectedPart part, std::string text, std::optional<LeafIndex> entry = std::nullopt) {
    ++count_;
    if (part == InspectedPart::kLog) has_log_damage_ = true;
    std::vector<Finding>& told = IsDamage(part) ? damage_ : derived_;
    if (told.size() < told_max_) told.push_back({part, std::move(text), entry});
  }

  bool has_log_damage() const { return has_log_damage_; }
  std::uint64_t count() const { return count_; }

  // Damage first. Leaves nothing behind.
  std::vector<Finding> Take() {
    std::vector<Finding> all = std::exchange(damage_, {});
    std::move(derived_.begin(), derived_.end(), std::back_inserter(all));
    all.resize(std::min(all.size(), told_max_));
    return all;
  }

 private:
  const std::size_t told_max_;
  std::uint64_t count_ = 0;
  bool has_log_damage_ = false;
  std::vector<Finding> damage_;
  std::vector<Finding> derived_;
};

}  // namespace immudb::ledger
