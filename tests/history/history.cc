#include "history.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

#include "crypto/sha256.h"
#include "immudb/bytes.h"
#include "immudb/verify.h"

namespace immudb::history {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();

std::string Name(const Call& call) {
  constexpr const char* kNames[] = {"write", "get", "scan", "head"};
  return std::string(kNames[static_cast<std::size_t>(call.kind)]) + " of " +
         std::to_string(call.begin) + ".." + std::to_string(call.end);
}

// The root over a growing number of leaves: one complete subtree for each bit of the size.
class RunningRoot {
 public:
  void Add(Digest leaf) {
    for (std::uint64_t rest = size_++; (rest & 1) != 0; rest >>= 1) {
      leaf = Node(peaks_.back(), leaf);
      peaks_.pop_back();
    }
    peaks_.push_back(leaf);
  }

  std::uint64_t size() const { return size_; }

  Digest Root() const {
    if (peaks_.empty()) return crypto::Sha256(BytesView());
    Digest root = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i-- > 0;) root = Node(peaks_[i], root);
    return root;
  }

 private:
  static Digest Node(const Digest& left, const Digest& right) {
    Bytes bytes{1};
    bytes.insert(bytes.end(), left.begin(), left.end());
    bytes.insert(bytes.end(), right.begin(), right.end());
    return crypto::Sha256(BytesView(bytes));
  }

  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

class Checker {
 public:
  explicit Checker(const std::vector<Call>& calls) : calls_(calls) {}

  std::optional<std::string> Run() {
    if (auto fault = CheckWrites()) return fault;
    if (auto fault = FindSizes()) return fault;
    if (auto fault = CheckTimes()) return fault;
    return CheckRoots();
  }

 private:
  // An entry, by its index.
  struct Entry {
    Version version;
    std::uint64_t begin = 0;  // Of the call that wrote it.
    std::uint64_t end = 0;
    std::uint64_t replaced_at = kNever;  // Index of the next version of its key.
  };
  // The sizes of the ledger that explain a call's answer: both inclusive.
  struct Sizes {
    std::uint64_t min = 0;
    std::uint64_t max = kNever;
  };

  std::optional<std::string> CheckWrites() {
    std::uint64_t count = 0;
    for (const Call& call : calls_) {
      if (call.kind == Call::Kind::kWrite) count += call.versions.size();
    }
    entries_.resize(count);
    std::vector<bool> seen(count);
    for (const Call& call : calls_) {
      if (call.kind != Call::Kind::kWrite) continue;
      for (std::size_t i = 0; i < call.versions.size(); i++) {
        const Version& version = call.versions[i];
        if (version.index != call.versions[0].index + i) return Name(call) + " is torn apart";
        if (version.index >= count) return Name(call) + " leaves a gap before it";
        if (seen[version.index]) return Name(call) + " has an index that was given before";
        seen[version.index] = true;
        entries_[version.index] = {.version = version, .begin = call.begin, .end = call.end};
      }
    }
    std::uint64_t first_end_above = kNever;
    for (std::uint64_t i = count; i-- > 0;) {
      Entry& entry = entries_[i];
      if (first_end_above < entry.begin) {
        return "entry " + std::to_string(i) + " began after a later one had been acknowledged";
      }
      first_end_above = std::min(first_end_above, entry.end);
      const auto [newer, is_last] = first_of_.try_emplace(entry.version.key, i);
      if (!is_last) entry.replaced_at = std::exchange(newer->second, i);
    }
    return std::nullopt;
  }

  // Narrows `sizes` to those at which `version` is the newest of its key; false if there are none.
  bool Narrow(Sizes& sizes, const Version& version, std::uint64_t end) const {
    if (version.index >= entries_.size()) return false;
    const Entry& entry = entries_[version.index];
    if (entry.version != version || entry.begin > end) return false;
    sizes.min = std::max(sizes.min, version.index + 1);
    sizes.max = std::min(sizes.max, entry.replaced_at);
    return true;
  }

  void NarrowToAbsence(Sizes& sizes, std::uint32_t key) const {
    const auto first = first_of_.find(key);
    if (first != first_of_.end()) sizes.max = std::min(sizes.max, first->second);
  }

  std::optional<std::string> FindSizes() {
    sizes_.resize(calls_.size());
    for (std::size_t i = 0; i < calls_.size(); i++) {
      const Call& call = calls_[i];
      Sizes& sizes = sizes_[i];
      if (call.kind == Call::Kind::kHead) {
        sizes = {call.size, call.size};
        const bool is_known = call.size <= entries_.size() &&
                              (call.size == 0 || entries_[call.size - 1].begin < call.end);
        if (!is_known) return Name(call) + " is of entries not written yet";
        continue;
      }
      if (call.kind == Call::Kind::kWrite) {
        sizes.min = call.versions.back().index + 1;
        continue;
      }
      for (const Version& version : call.versions) {
        if (!Narrow(sizes, version, call.end)) return Name(call) + " shows what was never written";
      }
      if (auto fault = NarrowToAbsences(call, sizes)) return fault;
      if (sizes.min > sizes.max) return Name(call) + " mixes two states";
    }
    return std::nullopt;
  }

  std::optional<std::string> NarrowToAbsences(const Call& call, Sizes& sizes) const {
    if (call.kind == Call::Kind::kGet) {
      if (call.versions.empty()) NarrowToAbsence(sizes, call.key);
      return std::nullopt;
    }
    std::uint32_t key = call.key;
    for (const Version& version : call.versions) {
      if (version.key < key || version.key >= call.key_end) return Name(call) + " is out of order";
      for (; key < version.key; key++) NarrowToAbsence(sizes, key);
      key++;
    }
    for (; key < call.key_end; key++) NarrowToAbsence(sizes, key);
    return std::nullopt;
  }

  // Every call must allow a size that no call which ended before it began has gone beyond.
  std::optional<std::string> CheckTimes() const {
    std::vector<std::size_t> by_begin(calls_.size());
    for (std::size_t i = 0; i < calls_.size(); i++) by_begin[i] = i;
    std::vector<std::size_t> by_end = by_begin;
    std::ranges::sort(by_begin, {}, [this](std::size_t i) { return calls_[i].begin; });
    std::ranges::sort(by_end, {}, [this](std::size_t i) { return calls_[i].end; });
    std::uint64_t shown = 0;
    std::size_t ended = 0;
    for (const std::size_t i : by_begin) {
      for (; ended < by_end.size() && calls_[by_end[ended]].end < calls_[i].begin; ended++) {
        shown = std::max(shown, sizes_[by_end[ended]].min);
      }
      if (sizes_[i].max < shown) return Name(calls_[i]) + " shows a state that had passed";
    }
    return std::nullopt;
  }

  std::optional<std::string> CheckRoots() const {
    std::vector<const Call*> heads;
    for (const Call& call : calls_) {
      if (call.kind == Call::Kind::kHead) heads.push_back(&call);
    }
    std::ranges::sort(heads, {}, &Call::size);
    RunningRoot running;
    for (const Call* const head : heads) {
      while (running.size() < head->size) {
        const Version& version = entries_[running.size()].version;
        running.Add(EntryDigest({version.index}, AsBytes(StoredKey(version.key)),
                                AsBytes(StoredValue(version.value))));
      }
      if (running.Root() != head->root) return Name(*head) + " has another root";
    }
    return std::nullopt;
  }

  const std::vector<Call>& calls_;
  std::vector<Entry> entries_;
  std::vector<Sizes> sizes_;
  std::unordered_map<std::uint32_t, std::uint64_t> first_of_;  // Index of each key's first version.
};

}  // namespace

std::string StoredKey(std::uint32_t key) {
  std::string digits = std::to_string(key);
  return "key" + std::string(10 - digits.size(), '0') + digits;
}

std::string StoredValue(std::uint64_t value) {
  return std::to_string(value);
}

std::optional<std::string> FindViolation(const std::vector<Call>& calls) {
  return Checker(calls).Run();
}

}  // namespace immudb::history
