// What a ledger must answer, from nothing but a list of entries and a std::map from keys to their
// versions: a transcription of the operations of immudb 0.8.1, slow and simple.

#pragma once

#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "immudb/cursor.h"
#include "immudb/verify.h"
#include "ledger/test_world.h"
#include "merkle/hasher.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {

// RFC 6962 section 2.1, with complete subtrees remembered.
class NaiveTree {
 public:
  void Append(const Digest& leaf) {
    levels_.resize(std::max<std::size_t>(levels_.size(), 1));
    levels_[0].push_back(leaf);
    for (std::size_t level = 0; levels_[level].size() % 2 == 0; level++) {
      if (levels_.size() == level + 1) levels_.emplace_back();
      const auto& nodes = levels_[level];
      levels_[level + 1].push_back(merkle::HashNode(nodes[nodes.size() - 2], nodes.back()));
    }
  }

  Digest Hash(std::uint64_t begin, std::uint64_t end) const {
    const std::uint64_t width = end - begin;
    if (std::has_single_bit(width) && begin % width == 0) {
      const auto level = static_cast<std::size_t>(std::countr_zero(width));
      return levels_[level][begin >> level];
    }
    const std::uint64_t split = begin + std::bit_floor(width - 1);
    return merkle::HashNode(Hash(begin, split), Hash(split, end));
  }
  TreeHead Head(std::uint64_t size) const { return {.size = {size}, .root = Hash(0, size)}; }

 private:
  std::vector<std::vector<Digest>> levels_;
};

inline Bytes ToBytes(const std::string& text) {
  return {text.begin(), text.end()};
}

// What an operation will store. `target` is what a reference or a member means; `set` and `score`
// are the member's.
struct ModelEntry {
  EntryKind kind = EntryKind::kSet;
  std::string key;
  std::string value;
  std::string set;
  double score = 0;
  std::string target;
  std::optional<std::uint64_t> target_index;
  std::uint64_t last_of_batch = 0;
};

// Answers are texts, so that they can be compared and shown: `key=value@index`, or the error's.
class Oracle {
 public:
  using Answers = std::vector<std::string>;

  std::uint64_t size() const { return log.size(); }

  void Append(std::vector<ModelEntry> batch) {
    const std::uint64_t last = log.size() + batch.size() - 1;
    for (ModelEntry& entry : batch) {
      entry.last_of_batch = last;
      tree.Append(EntryDigest({log.size()}, AsBytes(entry.key), AsBytes(entry.value)));
      versions[entry.key].push_back(log.size());
      log.push_back(std::move(entry));
    }
  }

  static ModelEntry Plain(std::string key, std::string value) {
    ModelEntry entry;
    entry.key = std::move(key);
    entry.value = std::move(value);
    return entry;
  }
  static ModelEntry Reference(const std::string& name, const std::string& target,
                              std::optional<std::uint64_t> index) {
    ModelEntry entry = Plain(name, {});
    entry.kind = EntryKind::kReference;
    entry.target = target;
    entry.target_index = index;
    entry.value = AsString(proof::EncodeTarget(ViewOf(entry)));
    return entry;
  }
  static ModelEntry Member(const std::string& set, double score, const std::string& target,
                           std::optional<std::uint64_t> index) {
    ModelEntry entry = Reference({}, target, index);
    entry.kind = EntryKind::kSortedSetEntry;
    entry.set = set;
    entry.score = score;
    entry.key = AsString(proof::EncodeSetKey(AsBytes(set), score, ViewOf(entry)));
    return entry;
  }

  // Why a reference to this cannot be stored; empty if it can. Gives `target` the entry's key.
  std::string Resolve(std::string& target, std::optional<std::uint64_t> index) const {
    if (!index) return versions.contains(target) ? "" : "Key not found";
    if (*index >= log.size()) return "index not found";
    if (!target.empty() && target != log[*index].key) {
      return "mismatch between provided index and key";
    }
    target = log[*index].key;
    return "";
  }

  std::string Item(std::uint64_t index) const {
    return log[index].key + "=" + log[index].value + "@" + std::to_string(index);
  }
  static std::string Item(const Entry& entry) {
    return AsString(entry.key) + "=" + AsString(entry.value) + "@" +
           std::to_string(entry.index.value);
  }

  std::string Newest(const std::string& key) const {
    const auto found = versions.find(key);
    return found == versions.end() ? "Key not found" : Item(found->second.back());
  }
  std::string Get(const std::string& key) const {
    const auto found = versions.find(key);
    if (found == versions.end()) return "Key not found";
    const ModelEntry& entry = log[found->second.back()];
    return Newest(entry.kind == EntryKind::kSet ? key : entry.target);
  }
  std::string Referenced(const ModelEntry& entry) const {
    return entry.target_index ? Item(*entry.target_index) : Newest(entry.target);
  }
  std::string GetReferenced(const std::string& name) const {
    const auto found = versions.find(name);
    if (found == versions.end()) return "Key not found";
    const ModelEntry& entry = log[found->second.back()];
    if (entry.kind == EntryKind::kSet) return "provided argument is not a reference";
    return Referenced(entry);
  }

  // Calls `take` with each newest version on the walk, until it returns false.
  template <typename Take>
  void Walk(const std::string& prefix, std::string start, bool has_after, ScanOrder order,
            const Take& take) const {
    const bool forward = order == ScanOrder::kForward;
    if (!forward) start.push_back('\xff');
    auto at = forward ? versions.lower_bound(start) : versions.upper_bound(start);
    bool valid = true;
    const auto step = [&] {
      if (forward) {
        ++at;
      } else if (at == versions.begin()) {
        valid = false;
      } else {
        --at;
      }
    };
    if (!forward) step();
    const auto stands = [&] {
      return valid && at != versions.end() && at->first.starts_with(prefix);
    };
    if (has_after && stands()) step();
    for (; stands(); step()) {
      if (!take(at->second.back())) return;
    }
  }

  Answers Scan(const std::string& prefix, const std::string& after, ScanOrder order, bool follow,
               std::size_t limit) const {
    Answers answers;
    Walk(prefix, after.empty() ? prefix : after, !after.empty(), order, [&](std::uint64_t index) {
      const ModelEntry& entry = log[index];
      if (entry.kind == EntryKind::kSet) {
        answers.push_back(Item(index));
      } else if (follow) {
        answers.push_back(Referenced(entry));
      }
      return answers.size() < limit;
    });
    return answers;
  }

  Answers ScanSet(const std::string& set, const std::string& after, ScanOrder order,
                  std::optional<double> min, std::optional<double> max, std::size_t limit) const {
    Answers answers;
    const std::string prefix = AsString(proof::EncodeSetPrefix(AsBytes(set)));
    const auto& bound = order == ScanOrder::kForward ? min : max;
    std::string start = prefix;
    if (bound) start = AsString(proof::EncodeSetScorePrefix(AsBytes(set), *bound));
    if (!after.empty()) start = after;
    Walk(prefix, start, !after.empty(), order, [&](std::uint64_t index) {
      const ModelEntry& entry = log[index];
      if (entry.kind != EntryKind::kSortedSetEntry || entry.set != set) return true;
      if ((min && entry.score < *min) || (max && entry.score > *max)) return true;
      answers.push_back(SetItem(Referenced(entry), entry.score, entry.key, index));
      return answers.size() < limit;
    });
    return answers;
  }
  static std::string SetItem(const std::string& item, double score, const std::string& stored_key,
                             std::uint64_t index) {
    return item + " " + std::to_string(std::bit_cast<std::uint64_t>(score)) + " " + stored_key +
           " " + std::to_string(index);
  }

  Answers History(const std::string& key, ScanOrder order,
                  std::optional<std::uint64_t> after) const {
    Answers answers;
    const auto found = versions.find(key);
    if (found == versions.end()) return answers;
    for (const std::uint64_t index : found->second) {
      const bool newest_first = order == ScanOrder::kForward;
      if (after && (newest_first ? index >= *after : index <= *after)) continue;
      answers.insert(newest_first ? answers.begin() : answers.end(), Item(index));
    }
    return answers;
  }

  std::vector<ModelEntry> log;
  std::map<std::string, std::vector<std::uint64_t>> versions;  // Indexes, upwards.
  NaiveTree tree;

 private:
  static proof::TargetView ViewOf(const ModelEntry& entry) {
    proof::TargetView view{.key = AsBytes(entry.target), .index = {}};
    if (entry.target_index) view.index = LeafIndex{*entry.target_index};
    return view;
  }
};

}  // namespace immudb::ledger
