// What the tests of this layer share: a seed, keys of every shape, and the index as a std::map.

#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "index/key_index.h"
#include "io/block_cache.h"
#include "io/memory_file_system.h"

namespace immudb::index {

// Prints itself with a failure of the test that holds it.
class TestSeed {
 public:
  TestSeed()
      : value_(Choose()),
        trace_(__FILE__, __LINE__, "IMMUDB_TEST_SEED=" + std::to_string(value_)) {}

  std::uint64_t value() const { return value_; }

 private:
  static std::uint64_t Choose() {
    const char* const given = std::getenv("IMMUDB_TEST_SEED");
    return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device()();
  }

  std::uint64_t value_;
  testing::ScopedTrace trace_;
};

inline std::string AsText(BytesView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline LedgerId TestLedger() {
  LedgerId id{};
  for (std::size_t i = 0; i < id.size(); i++) id[i] = static_cast<std::uint8_t>(0xa0 + i);
  return id;
}

// Keys that share prefixes, are prefixes of each other, repeat, or are long.
class KeyMaker {
 public:
  explicit KeyMaker(std::uint64_t seed) : random_(seed) {}

  std::string Next() {
    switch (Below(12)) {
      case 0: return std::string(Below(4), '\0');
      case 1: return std::string(Below(12), '\xff');
      case 2: return "busy";
      case 3:
      case 4: return "user:" + std::to_string(Below(3000)) + ":name";
      case 5: return Long();
      case 6: return std::string("shared prefix of many bytes/").substr(0, Below(29));
      default: return Random(1 + Below(20));
    }
  }

  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  std::mt19937_64& random() { return random_; }

 private:
  std::string Long() {
    const std::size_t lengths[] = {1023, 1024, 1025, 4095, 4096, 4097, 9000, 65'000, 65'535};
    const std::size_t length = lengths[Below(Below(8) == 0 ? std::size(lengths) : 6)];
    std::string key(length, 'l');
    // Differs, if at all, at the end, in the middle or at the border of the inline part.
    const std::size_t at[] = {length - 1, length / 2, 1023, 1024};
    key[std::min(length - 1, at[Below(4)])] = static_cast<char>('k' + Below(3));
    return key;
  }
  std::string Random(std::size_t bytes) {
    std::string key;
    for (std::size_t i = 0; i < bytes; i++) key.push_back(static_cast<char>(Below(256)));
    return key;
  }

  std::mt19937_64 random_;
};

// The index as the specification has it.
class Oracle {
 public:
  void Add(const std::string& key, std::uint8_t kind) {
    versions_[{key, ~size_}] = kind;
    size_++;
  }
  std::uint64_t size() const { return size_; }

  std::optional<Version> Find(const std::string& key, std::uint64_t size) const {
    const auto all = Versions(key, size);
    return all.empty() ? std::nullopt : std::optional(all.front());
  }

  // Newest first.
  std::vector<Version> Versions(const std::string& key, std::uint64_t size) const {
    std::vector<Version> result;
    for (auto at = versions_.lower_bound({key, 0}); at != versions_.end(); ++at) {
      if (at->first.first != key) break;
      const std::uint64_t index = ~at->first.second;
      if (index < size) result.push_back({LeafIndex{index}, at->second});
    }
    return result;
  }

  // All keys with their newest version. The keys are the oracle's.
  std::vector<std::pair<std::string_view, Version>> Scan(std::uint64_t size) const {
    std::vector<std::pair<std::string_view, Version>> result;
    for (const auto& [position, kind] : versions_) {
      const std::uint64_t index = ~position.second;
      if (index >= size) continue;
      if (!result.empty() && result.back().first == position.first) continue;
      result.push_back({position.first, Version{LeafIndex{index}, kind}});
    }
    return result;
  }

 private:
  std::map<std::pair<std::string, std::uint64_t>, std::uint8_t> versions_;
  std::uint64_t size_ = 0;
};

// An index over files in memory, and the manifest that its owner would write.
class TestIndex {
 public:
  explicit TestIndex(io::MemoryFileSystem& files, std::uint64_t cache_bytes = 1 << 20)
      : files_(files), cache_(cache_bytes) {}

  Status Open() {
    index_.reset();
    auto opened = KeyIndex::Open({.files = files_, .cache = cache_, .budget = budget_}, "index",
                                 {.ledger = TestLedger(), .runs_per_tier = 3}, manifest_);
    if (!opened) return std::move(opened).error();
    index_ = std::move(*opened);
    return index_->RemoveLeftovers();
  }

  // Adds to the index, and to the log from which Reopen would restore it.
  void Add(const std::string& key, std::uint8_t kind) {
    const NewVersion version = {AsBytes(key), LeafIndex{log_.size()}, kind};
    log_.emplace_back(key, kind);
    index_->Add({&version, 1});
  }

  Status Checkpoint() {
    index_->Freeze(TreeSize{log_.size()});
    return Write(index_->WriteFrozen());
  }
  Status MergeRuns() { return Write(index_->WriteMerged()); }

  Status Reopen() {
    Status opened = Open();
    if (!opened) return opened;
    for (std::uint64_t i = index_->covered().value; i < log_.size(); i++) {
      const NewVersion version = {AsBytes(log_[i].first), LeafIndex{i}, log_[i].second};
      index_->Add({&version, 1});
    }
    return {};
  }

  KeyIndex& operator*() { return *index_; }
  KeyIndex* operator->() { return index_.get(); }
  void Close() { index_.reset(); }
  const std::vector<RunInfo>& manifest() const { return manifest_; }
  MemoryBudget& budget() { return budget_; }
  io::BlockCache& cache() { return cache_; }

 private:
  Status Write(Result<std::vector<RunInfo>> runs) {
    if (!runs) return std::move(runs).error();
    manifest_ = std::move(*runs);
    return index_->Install();
  }

  io::MemoryFileSystem& files_;
  io::BlockCache cache_;
  MemoryBudget budget_{64u << 20};
  std::vector<RunInfo> manifest_;
  std::vector<std::pair<std::string, std::uint8_t>> log_;
  std::unique_ptr<KeyIndex> index_;
};

}  // namespace immudb::index
