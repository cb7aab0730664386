// What the operations of one call must store: a transcription of ExecAllOps of immudb 0.8.1.

#pragma once

#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "immudb/operations.h"
#include "ledger/test_oracle.h"

namespace immudb::ledger {

inline std::optional<std::uint64_t> IndexOf(const Target& target) {
  return target.index ? std::optional(target.index->value) : std::nullopt;
}

// What the operations of one call store, or why it is refused; as immudb 0.8.1, but for two
// operations with one stored key.
class OperationsModel {
 public:
  explicit OperationsModel(const Oracle& oracle) : oracle_(oracle) {}

  std::string Run(const std::vector<Operation>& operations, std::vector<ModelEntry>& entries) {
    std::set<std::string> requested;
    for (const Operation& operation : operations) {
      if (!requested.insert(Requested(operation)).second) return kDuplicate[operation.index()];
    }
    for (const Operation& operation : operations) {
      if (std::string refusal = Add(operation, entries); !refusal.empty()) return refusal;
    }
    std::set<std::string> stored;
    for (std::size_t i = 0; i < entries.size(); i++) {
      if (!stored.insert(entries[i].key).second) return kDuplicate[operations[i].index()];
    }
    return "";
  }

 private:
  static constexpr std::array<const char*, 3> kDuplicate = {
      "duplicated keys are not supported in single batch transaction",
      "duplicated references insertions are not supported in single batch transaction",
      "duplicated index inside zAdd insertions are not supported in single batch transaction"};
  static constexpr std::array<const char*, 3> kNoIndex = {"", "reference index not provided",
                                                          "zAdd index not provided"};

  static std::string Requested(const Operation& operation) {
    const auto text = [&](const Bytes& name, const Target& target) {
      return std::to_string(operation.index()) + " " + std::to_string(name.size()) + " " +
             AsString(name) + AsString(target.key) + " " +
             (target.index ? std::to_string(target.index->value) : "none");
    };
    if (const auto* set = std::get_if<SetOperation>(&operation)) return text(set->key, {});
    if (const auto* name = std::get_if<ReferenceOperation>(&operation)) {
      return text(name->name, name->target);
    }
    const auto& member = std::get<SortedSetOperation>(operation);
    return text(member.set, member.target);
  }

  std::string Add(const Operation& operation, std::vector<ModelEntry>& entries) {
    if (const auto* set = std::get_if<SetOperation>(&operation)) {
      set_here_[AsString(set->key)] = oracle_.size() + entries.size();
      entries.push_back(Oracle::Plain(AsString(set->key), AsString(set->value)));
      return "";
    }
    const auto* reference = std::get_if<ReferenceOperation>(&operation);
    const auto* member = std::get_if<SortedSetOperation>(&operation);
    const Target& target = reference != nullptr ? reference->target : member->target;
    std::string key = AsString(target.key);
    std::optional<std::uint64_t> index = IndexOf(target);
    if (const auto earlier = set_here_.find(key); earlier != set_here_.end()) {
      index = earlier->second;
    } else {
      if (!index) return kNoIndex[operation.index()];
      if (std::string refusal = oracle_.Resolve(key, index); !refusal.empty()) return refusal;
    }
    entries.push_back(reference != nullptr
                          ? Oracle::Reference(AsString(reference->name), key, index)
                          : Oracle::Member(AsString(member->set), member->score, key, index));
    return "";
  }

  const Oracle& oracle_;
  std::map<std::string, std::uint64_t> set_here_;
};

}  // namespace immudb::ledger
