// The ledger against its model: random operations, with restarts, kills and power losses between
// and during them, on the ledger and on the oracle; every answer must be the same.
//
// IMMUDB_TEST_SEED chooses the run, IMMUDB_TEST_OPERATIONS its length. A ledger is given up for a
// new one when it has some tens of thousands of entries, so that a run of any length fits into the
// memory of a short one.

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "ledger/test_operations.h"
#include "ledger/test_oracle.h"
#include "ledger/test_reads.h"
#include "ledger/test_world.h"

namespace immudb::ledger {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::array<double, 12> kScores = {
    0.0,   -0.0,   1,         -1,         2.5,    -2.5,
    1e300, -1e300, kInfinity, -kInfinity, 5e-324, std::numeric_limits<double>::quiet_NaN()};
const std::string kSeparator = "_~|IMMU|~_";

class ModelRun {
 public:
  explicit ModelRun(std::uint64_t seed)
      : random_(seed),
        world_({.memtable_bytes = 4u << 20,
                .log_segment_bytes = 2u << 20,
                .checkpoint_log_bytes = 1u << 20},
               seed) {}

  void Start() {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
  }

  void Step() {
    const std::uint64_t choice = Below(1000);
    if (choice < 300) return Write(PlainBatch(1));
    if (choice < 340) return Write(PlainBatch(2 + Below(40)));
    if (choice < 341) return Write(PlainBatch(500 + Below(1500)));
    if (choice < 390) return WriteReference();
    if (choice < 440) return WriteMember();
    if (choice < 500) return WriteOperations();
    if (choice < 560) return CheckGet();
    if (choice < 600) return CheckAt();
    if (choice < 650) return CheckProven();
    if (choice < 680) return CheckProofs();
    if (choice < 760) return CheckScan();
    if (choice < 840) return CheckSet();
    if (choice < 900) return CheckHistory();
    if (choice < 925) return CheckEntries();
    if (choice < 940) return CheckKeyCount();
    if (choice < 941) return CheckEverything();
    if (choice < 993) return world_.Elapse();
    if (choice < 995) return static_cast<void>(world_.ledger->Checkpoint());
    if (choice == 995) return Restart();
    if (choice == 996) return Kill();
    if (choice == 997) return LosePower();
    return LosePowerWhileWriting();
  }

  void Restart() {
    ASSERT_TRUE(world_.Close());
    Reopen();
  }

  // Compares all that can be asked for.
  void CheckEverything() {
    Compare(Items(ReadAll(world_.ledger->Scan({.follow_references = true}), Any())),
            oracle_.Scan("", "", ScanOrder::kForward, true, kNoLimit));
    for (const std::string& set : kSets) {
      const auto members = ReadAll(world_.ledger->ScanSortedSet({.set = ToBytes(set)}), Any());
      Compare(SetItems(members), oracle_.ScanSet(set, "", ScanOrder::kForward, {}, {}, kNoLimit));
    }
    CheckAllVersions();
    CheckKeyCount();
  }

  std::uint64_t entries() const { return oracle_.size(); }

 private:
  static constexpr std::size_t kNoLimit = ~std::size_t{0};
  static inline const std::array<std::string, 5> kSets = {
      "s", "t", "s" + kSeparator + "t", kSeparator, std::string("s") + kSeparator.substr(0, 9)};

  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  bool Chance(std::uint64_t one_in) { return Below(one_in) == 0; }
  template <typename Array>
  const auto& AnyOf(const Array& array) {
    return array[Below(array.size())];
  }

  // How much a cursor reads at once.
  ReadLimit Any() { return {.rows = 1 + Below(Chance(4) ? 500 : 7), .bytes = 1 + Below(5000)}; }
  ScanOrder AnyOrder() { return Chance(2) ? ScanOrder::kForward : ScanOrder::kReverse; }

  std::string AnyKey() {
    switch (Below(16)) {
      case 0: return "key" + std::to_string(Below(20)) + "\xff";
      case 1: return "r" + std::to_string(Below(50));  // References have such names, too.
      case 2: return MemberKey();
      case 3: return std::string(1 + Below(3), '\xff');
      default: break;
    }
    // Few keys get many versions; some share long prefixes.
    const std::uint64_t number = Chance(4) ? Below(20) : Below(5000);
    std::string key = "key" + std::to_string(number);
    if (number % 7 == 0) key.insert(0, 40, 'p');
    return key;
  }
  // A key among those of a set, of a member or not.
  std::string MemberKey() {
    const std::string prefix = AsString(proof::EncodeSetPrefix(AsBytes(AnyOf(kSets))));
    if (Chance(2) || oracle_.size() == 0) return prefix + std::string(Below(20), 'm');
    const ModelEntry& entry = oracle_.log[Below(oracle_.size())];
    return entry.kind == EntryKind::kSortedSetEntry ? entry.key : prefix;
  }
  std::optional<std::uint64_t> AnyIndex() {
    if (Chance(2)) return std::nullopt;
    return Below(oracle_.size() + (Chance(10) ? 3 : 0) + (oracle_.size() == 0 ? 1 : 0));
  }
  // A target, most of which exist.
  Target AnyTarget() {
    Target target{.key = ToBytes(AnyKey())};
    if (const auto index = AnyIndex()) {
      target.index = LeafIndex{*index};
      if (!Chance(10)) target.key.clear();
    }
    return target;
  }
  std::vector<ModelEntry> PlainBatch(std::uint64_t count) {
    std::vector<ModelEntry> entries;
    for (std::uint64_t i = 0; i < count; i++) {
      entries.push_back(
          Oracle::Plain(AnyKey(), std::string(Below(120), static_cast<char>('a' + Below(26)))));
    }
    return entries;
  }

  static WriteBatch BatchOf(const std::vector<ModelEntry>& entries) {
    WriteBatch batch;
    for (const ModelEntry& entry : entries) {
      batch.Add(entry.kind, AsBytes(entry.key), AsBytes(entry.value));
    }
    return batch;
  }

  void Write(std::vector<ModelEntry> entries) {
    WriteBatch batch = BatchOf(entries);
    Commit(std::move(batch), std::move(entries));
  }

  void Commit(WriteBatch batch, std::vector<ModelEntry> entries) {
    const Result<CommitResult> done = world_.Commit(std::move(batch));
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_EQ(done->first.value, oracle_.size());
    ASSERT_EQ(done->last.value, oracle_.size() + entries.size() - 1);
    oracle_.Append(std::move(entries));
  }

  // Commits what was bound, or checks that it was refused as expected.
  void CommitBound(Result<WriteBatch> batch, const std::string& refusal,
                   const std::vector<ModelEntry>& entries) {
    ASSERT_EQ(batch ? "" : batch.error().message, refusal);
    if (batch) Commit(*std::move(batch), entries);
  }

  void WriteReference() {
    const Target target = AnyTarget();
    const std::string name = Chance(3) ? AnyKey() : "r" + std::to_string(Below(50));
    std::string key = AsString(target.key);
    const std::string refusal = oracle_.Resolve(key, IndexOf(target));
    CommitBound(world_.ledger->BindReference(AsBytes(name), target), refusal,
                {Oracle::Reference(name, key, IndexOf(target))});
  }

  void WriteMember() {
    const Target target = AnyTarget();
    const std::string set = AnyOf(kSets);
    const double score = AnyOf(kScores);
    std::string key = AsString(target.key);
    const std::string refusal = oracle_.Resolve(key, IndexOf(target));
    CommitBound(world_.ledger->BindSortedSetEntry(AsBytes(set), score, target), refusal,
                {Oracle::Member(set, score, key, IndexOf(target))});
  }

  Operation AnyOperation(const std::vector<Operation>& before) {
    if (Chance(2)) return SetOperation{.key = ToBytes(AnyKey()), .value = Bytes(Below(50), 'o')};
    Target target = AnyTarget();
    if (!before.empty() && !Chance(4)) {
      if (const auto* set = std::get_if<SetOperation>(&AnyOf(before))) target.key = set->key;
    } else if (!Chance(4) && oracle_.size() > 0) {
      target = {.key = {}, .index = LeafIndex{Below(oracle_.size())}};
    }
    if (Chance(2)) {
      return ReferenceOperation{.name = ToBytes("r" + std::to_string(Below(50))), .target = target};
    }
    return SortedSetOperation{
        .set = ToBytes(AnyOf(kSets)), .score = AnyOf(kScores), .target = target};
  }

  void WriteOperations() {
    std::vector<Operation> operations;
    const std::uint64_t count = 1 + Below(Chance(10) ? 30 : 5);
    while (operations.size() < count) operations.push_back(AnyOperation(operations));
    std::vector<ModelEntry> entries;
    const std::string refusal = OperationsModel(oracle_).Run(operations, entries);
    CommitBound(world_.ledger->BindOperations(operations), refusal, entries);
  }

  template <typename Item>
  static std::string TextOf(const Result<Item>& entry) {
    return entry ? Oracle::Item(*entry) : entry.error().message;
  }
  // The items as texts; of an error, its text.
  static Oracle::Answers Items(const Result<std::vector<Entry>>& entries) {
    if (!entries) return {entries.error().message};
    Oracle::Answers answers;
    for (const Entry& entry : *entries) answers.push_back(Oracle::Item(entry));
    return answers;
  }
  static Oracle::Answers SetItems(const Result<std::vector<SortedSetItem>>& items) {
    if (!items) return {items.error().message};
    Oracle::Answers answers;
    for (const SortedSetItem& item : *items) {
      answers.push_back(Oracle::SetItem(Oracle::Item(item.entry), item.score,
                                        AsString(item.stored_key), item.index.value));
    }
    return answers;
  }
  static void Compare(const Oracle::Answers& answers, const Oracle::Answers& expected) {
    ASSERT_EQ(answers, expected);
  }

  void CheckGet() {
    const std::string key = Chance(3) ? "r" + std::to_string(Below(50)) : AnyKey();
    ASSERT_EQ(TextOf(world_.ledger->Get(AsBytes(key))), oracle_.Get(key));
    ASSERT_EQ(TextOf(world_.ledger->GetReferenced(AsBytes(key))), oracle_.GetReferenced(key));
  }

  void CheckAt() {
    const std::uint64_t index = Below(oracle_.size() + 2);
    ASSERT_EQ(TextOf(world_.ledger->At({index})),
              index < oracle_.size() ? oracle_.Item(index) : "index not found");
  }

  void CheckProven() {
    if (oracle_.size() == 0) return;
    const std::uint64_t since = Below(oracle_.size());
    const std::string key = oracle_.log[Below(oracle_.size())].key;
    const Result<ProvenEntry> proven = world_.ledger->GetProven(AsBytes(key), LeafIndex{since});
    ASSERT_TRUE(proven) << proven.error().message;
    ASSERT_EQ(Oracle::Item(proven->entry), oracle_.Get(key));
    ASSERT_EQ(proven->proof.inclusion.head, oracle_.tree.Head(oracle_.size()));
    ASSERT_TRUE(VerifyEntry(proven->entry.index, proven->entry.key, proven->entry.value,
                            proven->proof, oracle_.tree.Head(since + 1)));
  }

  void CheckProofs() {
    ASSERT_FALSE(world_.Set("", "v"));
    ASSERT_FALSE(world_.ledger->ProveInclusion({oracle_.size()}));
    if (oracle_.size() == 0) return;
    const TreeHead newest = oracle_.tree.Head(oracle_.size());
    ASSERT_EQ(*world_.ledger->Head(), newest);
    const std::uint64_t size = 1 + Below(oracle_.size());
    const std::uint64_t index = Below(size);
    const Result<EntryProof> proof = world_.ledger->Prove({index}, {size}, std::nullopt);
    ASSERT_TRUE(proof) << proof.error().message;
    ASSERT_EQ(proof->inclusion.head, oracle_.tree.Head(size));
    ASSERT_TRUE(VerifyInclusion(proof->inclusion));
    const Result<ConsistencyProof> consistency = world_.ledger->ProveConsistency({size - 1});
    ASSERT_TRUE(consistency);
    ASSERT_EQ(consistency->newer, newest);
    ASSERT_TRUE(VerifyConsistency(oracle_.tree.Head(size), *consistency));
    const auto level = static_cast<std::uint8_t>(Below(std::bit_width(size)));
    const std::uint64_t number = ((size - 1) >> level);
    const auto node = world_.ledger->Node(level, number, {size});
    ASSERT_TRUE(node);
    ASSERT_EQ(*node, oracle_.tree.Hash(number << level, size));
  }

  // A page, as clients ask for it: a few items, perhaps after some other key.
  void CheckScan() {
    static const std::array<std::string, 8> kPrefixes = {"key1", "key12", "r",       "\xff",
                                                         "p",    "key4",  "missing", "key"};
    const std::string prefix = Chance(9) ? AnyKey() : AnyOf(kPrefixes);
    const std::string after = Chance(2)   ? ""
                              : Chance(3) ? AnyKey()
                                          : prefix + std::to_string(Below(100));
    const ScanOrder order = AnyOrder();
    const bool follow = Chance(2);
    const std::size_t limit = 1 + Below(60);
    auto items = Page(world_.ledger->Scan({.prefix = ToBytes(prefix),
                                           .after = ToBytes(after),
                                           .order = order,
                                           .follow_references = follow}),
                      limit);
    ASSERT_EQ(Items(items), oracle_.Scan(prefix, after, order, follow, limit))
        << prefix << " after " << after;
  }

  // The first items of an answer.
  template <typename Item>
  Result<std::vector<Item>> Page(Result<std::unique_ptr<Cursor<Item>>> cursor, std::size_t limit) {
    if (!cursor) return std::move(cursor).error();
    std::vector<Item> items;
    for (bool more = true; more && items.size() < limit;) {
      IMMUDB_ASSIGN(more, (*cursor)->Read(Any(), items));
    }
    items.resize(std::min(items.size(), limit));
    return items;
  }

  void CheckSet() {
    const std::string& set = AnyOf(kSets);
    const std::optional<double> min = Chance(2) ? std::nullopt : std::optional(AnyOf(kScores));
    const std::optional<double> max = Chance(2) ? std::nullopt : std::optional(AnyOf(kScores));
    const std::string after = Chance(2) ? "" : MemberKey();
    const ScanOrder order = AnyOrder();
    const std::size_t limit = 1 + Below(60);
    auto items = Page(world_.ledger->ScanSortedSet({.set = ToBytes(set),
                                                    .after = ToBytes(after),
                                                    .order = order,
                                                    .min_score = min,
                                                    .max_score = max}),
                      limit);
    ASSERT_EQ(SetItems(items), oracle_.ScanSet(set, after, order, min, max, limit));
  }

  void CheckHistory() {
    const std::string key = Chance(2) ? "key" + std::to_string(Below(20)) : AnyKey();
    const std::optional<std::uint64_t> after =
        Chance(2) ? std::nullopt : std::optional(Below(oracle_.size() + 2));
    HistoryRange range{.key = ToBytes(key), .order = AnyOrder()};
    if (after) range.after = LeafIndex{*after};
    const auto found = ReadAll(world_.ledger->History(range), Any());
    ASSERT_EQ(Items(found), oracle_.History(key, range.order, after)) << key;
    const auto count = ReadCount(world_.ledger->CountVersions(AsBytes(key)), Any());
    ASSERT_TRUE(count);
    ASSERT_EQ(*count, oracle_.History(key, ScanOrder::kForward, {}).size());
  }

  void CheckEntries() {
    const std::uint64_t first = Below(oracle_.size() + 2);
    const auto entries = Page(world_.ledger->EntriesFrom({first}), 1 + Below(100));
    ASSERT_TRUE(entries) << entries.error().message;
    ASSERT_TRUE(!entries->empty() || first >= oracle_.size());
    std::uint64_t index = first;
    for (const LoggedEntry& logged : *entries) {
      ASSERT_EQ(Oracle::Item(logged.entry), oracle_.Item(index));
      ASSERT_EQ(logged.ends_batch, oracle_.log[index].last_of_batch == index);
      index++;
    }
  }

  void CheckKeyCount() {
    const auto count = ReadCount(world_.ledger->CountKeys(), {.rows = 1000});
    ASSERT_TRUE(count);
    ASSERT_EQ(*count, oracle_.versions.size());
  }

  void CheckAllVersions() {
    const auto found = ReadAll(world_.ledger->AllVersions(), {.rows = 100});
    ASSERT_TRUE(found) << found.error().message;
    auto at = found->begin();
    for (const auto& [key, indexes] : oracle_.versions) {
      for (auto index = indexes.rbegin(); index != indexes.rend(); ++index, ++at) {
        ASSERT_TRUE(at != found->end());
        ASSERT_EQ(Oracle::Item(at->entry), oracle_.Item(*index));
        ASSERT_EQ(at->last_of_batch.value, oracle_.log[*index].last_of_batch);
      }
    }
    ASSERT_TRUE(at == found->end());
  }

  void Kill() {
    world_.Kill();
    Reopen();
  }

  void LosePower() {
    world_.Crash(AnyPolicy(), random_());
    Reopen();
  }

  io::CrashPolicy AnyPolicy() {
    return AnyOf(
        std::array{io::CrashPolicy::kKeepAll, io::CrashPolicy::kDropAll, io::CrashPolicy::kRandom});
  }

  // Afterwards the whole batch is there, or nothing of it.
  void LosePowerWhileWriting() {
    std::vector<ModelEntry> entries = PlainBatch(1 + Below(30));
    world_.files.FailAt(world_.files.operations() + Below(5), io::Fault::kPowerLoss);
    const bool acknowledged = world_.Commit(BatchOf(entries)).has_value();
    world_.Crash(AnyPolicy(), random_());
    ASSERT_TRUE(world_.Open());
    const std::uint64_t found = world_.ledger->statistics().entries;
    if (acknowledged || found != oracle_.size()) oracle_.Append(std::move(entries));
    CheckReopened();
  }

  void Reopen() {
    const Status opened = world_.Open();
    ASSERT_TRUE(opened) << opened.error().message;
    CheckReopened();
  }

  void CheckReopened() {
    ASSERT_FALSE(world_.ledger->statistics().damaged);
    ASSERT_EQ(world_.ledger->statistics().entries, oracle_.size());
    if (oracle_.size() == 0) return;
    ASSERT_EQ(*world_.ledger->Head(), oracle_.tree.Head(oracle_.size()));
  }

  std::mt19937_64 random_;
  SteppedWorld world_;
  Oracle oracle_;
};

TEST(LedgerModelTest, RandomOperationsWithCrashesAgreeWithTheModel) {
  constexpr std::uint64_t kEntriesMax = 40'000;
  const std::uint64_t seed = TestSeed(2026);
  const char* length = std::getenv("IMMUDB_TEST_OPERATIONS");
  const std::uint64_t operations = length == nullptr ? 20'000 : std::strtoull(length, nullptr, 10);
  std::printf("seed %llu, %llu operations\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(operations));
  std::unique_ptr<ModelRun> run;
  std::uint64_t ledgers = 0;
  for (std::uint64_t i = 0; i < operations; i++) {
    if (run == nullptr || run->entries() > kEntriesMax) {
      if (run != nullptr) run->CheckEverything();
      run = std::make_unique<ModelRun>(seed + ledgers++);
      run->Start();
    }
    run->Step();
    ASSERT_FALSE(HasFatalFailure()) << "operation " << i << ", seed " << seed;
  }
  run->Restart();
  ASSERT_FALSE(HasFatalFailure());
  run->CheckEverything();
}

}  // namespace
}  // namespace immudb::ledger
