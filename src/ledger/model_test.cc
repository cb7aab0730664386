// The ledger against a model: random operations, with restarts and kills between them, on the
// ledger and on std::maps with a naive tree; every answer must be the same.
//
// IMMUDB_TEST_SEED chooses the run, IMMUDB_TEST_OPERATIONS its length.

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "immudb/verify.h"
#include "ledger/test_world.h"
#include "merkle/hasher.h"

namespace immudb::ledger {
namespace {

// RFC 6962 section 2.1, with complete subtrees remembered so that a million leaves can be asked
// about.
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
  std::uint64_t size() const { return levels_.empty() ? 0 : levels_[0].size(); }

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

class ModelRun {
 public:
  explicit ModelRun(std::uint64_t seed)
      : random_(seed),
        world_({.memtable_bytes = 4u << 20, .checkpoint_log_bytes = 1u << 20}, seed) {}

  void Start() {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  void Step() {
    const std::uint64_t choice = Below(1000);
    if (choice < 450) return Write(1);
    if (choice < 500) return Write(2 + Below(40));
    if (choice < 502) return Write(500 + Below(1500));
    if (choice < 650) return CheckGet();
    if (choice < 750) return CheckAt();
    if (choice < 850) return CheckProven();
    if (choice < 900) return CheckProofs();
    if (choice < 950) return CheckRefusals();
    if (choice < 996) return world_.Elapse();
    if (choice < 998) return static_cast<void>(world_.ledger->Checkpoint());
    if (choice == 998) return Restart();
    return Kill();
  }

  void Restart() {
    ASSERT_TRUE(world_.Close());
    Reopen();
  }

 private:
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }

  std::string AnyKey() {
    // Few keys get many versions; some share long prefixes.
    const std::uint64_t number = Below(4) == 0 ? Below(20) : Below(5000);
    std::string key = "key" + std::to_string(number);
    if (number % 7 == 0) key.insert(0, 40, 'p');
    return key;
  }

  void Write(std::uint64_t count) {
    WriteBatch batch;
    std::vector<std::pair<std::string, std::string>> entries;
    for (std::uint64_t i = 0; i < count; i++) {
      std::string value(Below(120), static_cast<char>('a' + Below(26)));
      entries.emplace_back(AnyKey(), std::move(value));
      batch.Set(AsBytes(entries.back().first), AsBytes(entries.back().second));
    }
    const Result<CommitResult> done = world_.Commit(std::move(batch));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->first.value, log_.size());
    ASSERT_EQ(done->last.value, log_.size() + count - 1);
    for (auto& [key, value] : entries) {
      const LeafIndex index{log_.size()};
      tree_.Append(EntryDigest(index, AsBytes(key), AsBytes(value)));
      newest_[key] = index.value;
      log_.emplace_back(std::move(key), std::move(value));
    }
  }

  void CheckGet() {
    const std::string key = AnyKey();
    const Result<Entry> entry = world_.ledger->Get(AsBytes(key));
    const auto expected = newest_.find(key);
    if (expected == newest_.end()) {
      ASSERT_FALSE(entry);
      ASSERT_EQ(entry.error().code, Code::kNotFound);
      return;
    }
    ASSERT_TRUE(entry) << entry.error().message;
    ASSERT_EQ(entry->index.value, expected->second);
    ASSERT_EQ(AsString(entry->value), log_[expected->second].second);
  }

  void CheckAt() {
    const std::uint64_t index = Below(log_.size() + 2);
    const Result<Entry> entry = world_.ledger->At({index});
    if (index >= log_.size()) {
      ASSERT_FALSE(entry);
      return;
    }
    ASSERT_TRUE(entry) << entry.error().message;
    ASSERT_EQ(AsString(entry->key), log_[index].first);
    ASSERT_EQ(AsString(entry->value), log_[index].second);
  }

  void CheckProven() {
    if (log_.empty()) return;
    const std::uint64_t since = Below(log_.size());
    const std::string key = log_[Below(log_.size())].first;
    const Result<ProvenEntry> proven = world_.ledger->GetProven(AsBytes(key), LeafIndex{since});
    ASSERT_TRUE(proven) << proven.error().message;
    ASSERT_EQ(proven->entry.index.value, newest_[key]);
    ASSERT_EQ(proven->proof.inclusion.head, tree_.Head(log_.size()));
    ASSERT_TRUE(VerifyEntry(proven->entry.index, proven->entry.key, proven->entry.value,
                            proven->proof, tree_.Head(since + 1)));
  }

  void CheckProofs() {
    if (log_.empty()) return;
    const TreeHead newest = tree_.Head(log_.size());
    ASSERT_EQ(*world_.ledger->Head(), newest);
    const std::uint64_t size = 1 + Below(log_.size());
    const std::uint64_t index = Below(size);
    const Result<EntryProof> proof = world_.ledger->Prove({index}, {size}, std::nullopt);
    ASSERT_TRUE(proof) << proof.error().message;
    ASSERT_EQ(proof->inclusion.head, tree_.Head(size));
    ASSERT_TRUE(VerifyInclusion(proof->inclusion));
    const Result<ConsistencyProof> consistency = world_.ledger->ProveConsistency({size - 1});
    ASSERT_TRUE(consistency);
    ASSERT_EQ(consistency->newer, newest);
    ASSERT_TRUE(VerifyConsistency(tree_.Head(size), *consistency));
  }

  void CheckRefusals() {
    ASSERT_FALSE(world_.Set("", "v"));
    ASSERT_FALSE(world_.Commit(BatchOf({{"fine", "v"}, {std::string("\0", 1), "v"}})));
    ASSERT_FALSE(world_.ledger->ProveInclusion({log_.size()}));
    ASSERT_EQ(world_.ledger->statistics().entries, log_.size());
  }

  void Kill() {
    world_.Kill();
    Reopen();
  }

  void Reopen() {
    const Status opened = world_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
    ASSERT_FALSE(world_.ledger->statistics().damaged);
    ASSERT_EQ(world_.ledger->statistics().entries, log_.size());
    if (!log_.empty()) {
      ASSERT_EQ(*world_.ledger->Head(), tree_.Head(log_.size()));
    }
  }

  std::mt19937_64 random_;
  SteppedWorld world_;
  std::vector<std::pair<std::string, std::string>> log_;
  std::map<std::string, std::uint64_t> newest_;
  NaiveTree tree_;
};

TEST(LedgerModelTest, RandomOperationsWithRestartsAgreeWithTheModel) {
  const std::uint64_t seed = TestSeed(2026);
  const char* length = std::getenv("IMMUDB_TEST_OPERATIONS");
  const std::uint64_t operations = length == nullptr ? 20'000 : std::strtoull(length, nullptr, 10);
  std::printf("seed %llu, %llu operations\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(operations));
  ModelRun run(seed);
  run.Start();
  for (std::uint64_t i = 0; i < operations && !::testing::Test::HasFatalFailure(); i++) {
    run.Step();
    ASSERT_FALSE(::testing::Test::HasFatalFailure()) << "operation " << i << ", seed " << seed;
  }
  run.Restart();
}

}  // namespace
}  // namespace immudb::ledger
