// The ledger against tests/data/ledger.json: what immudb 0.8.1 stores for references and members of
// sorted sets, and what it answers after whole scenarios.

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/hex.h"
#include "immudb/cursor.h"
#include "ledger/test_reads.h"
#include "ledger/test_world.h"
#include "log/framed.h"

namespace immudb::ledger {
namespace {

using Json = nlohmann::json;

const Json& Vectors() {
  static const Json vectors =
      Json::parse(std::ifstream(std::string(IMMUDB_SOURCE_DIR) + "/tests/data/ledger.json"));
  return vectors;
}

Bytes ToBytes(const Json& json) {
  return FromHex(json.get<std::string>()).value();
}

// An argument of an operation: {"hex": ...}.
Bytes BytesOf(const Json& argument) {
  return ToBytes(argument.at("hex"));
}

std::optional<LeafIndex> ToIndex(const Json& json) {
  if (json.is_null()) return std::nullopt;
  return LeafIndex{json.is_string() ? std::stoull(json.get<std::string>())
                                    : json.get<std::uint64_t>()};
}

double ToScore(const Json& json) {
  return std::strtod(json.get<std::string>().c_str(), nullptr);
}

Json ToJson(const Entry& entry) {
  return {{"key", ToHex(entry.key)}, {"value", ToHex(entry.value)}, {"index", entry.index.value}};
}

Json ErrorJson(const Error& error) {
  return {{"error", error.message}};
}

// Runs the scenarios' operations and queries and answers in their form.
class Interpreter {
 public:
  Interpreter() : world_({.batch_rules = BatchRules::kImmudb081}) {
    EXPECT_TRUE(world_.Create());
    EXPECT_TRUE(world_.Open());
  }

  Json Run(const Json& operation) {
    Result<WriteBatch> batch = BatchOf(operation.at("op"), operation.at("args"));
    if (!batch) return ErrorJson(batch.error());
    const Result<CommitResult> done = world_.Commit(*std::move(batch));
    if (!done) return ErrorJson(done.error());
    return {{"index", done->last.value}};
  }

  Json Ask(const Json& query) const {
    const std::string name = query.at("query");
    const Json& args = query.at("args");
    if (name == "scan") return Page(ReadAll(ledger().Scan(RangeOf(args))), args);
    if (name == "zscan") return SetPage(args);
    if (name == "history") return Page(ReadAll(ledger().History(HistoryOf(args))), args);
    if (name == "iscan") return LogPage(args);
    if (name == "count") {
      const auto count = ReadCount(ledger().CountVersions(BytesOf(args.at("key"))));
      return count ? Json{{"count", *count}} : ErrorJson(count.error());
    }
    if (name == "get") return Item(ledger().Get(BytesOf(args.at("key"))));
    if (name == "get_reference") return Item(ledger().GetReferenced(BytesOf(args.at("name"))));
    EXPECT_EQ(name, "by_index");
    return Item(ledger().At(*ToIndex(args.at("i"))));
  }

  std::string Root() const { return ToHex(ledger().Head()->root); }
  SteppedWorld& world() { return world_; }

 private:
  const Ledger& ledger() const { return *world_.ledger; }

  Result<WriteBatch> BatchOf(const std::string& name, const Json& args) const {
    WriteBatch batch;
    if (name == "set") {
      batch.Set(BytesOf(args[0]), BytesOf(args[1]));
      return batch;
    }
    if (name == "set_batch") {
      for (const Json& pair : args[0]) batch.Set(BytesOf(pair[0]), BytesOf(pair[1]));
      return batch;
    }
    const auto target = [&](std::size_t at) {
      return Target{.key = BytesOf(args[at]),
                    .index = args.size() > at + 1 ? ToIndex(args[at + 1]) : std::nullopt};
    };
    if (name == "reference") return ledger().BindReference(BytesOf(args[0]), target(1));
    EXPECT_EQ(name, "zadd");
    return ledger().BindSortedSetEntry(BytesOf(args[0]), ToScore(args[1]), target(2));
  }

  static ScanOrder OrderOf(const Json& args) {
    return args.value("reverse", false) ? ScanOrder::kReverse : ScanOrder::kForward;
  }

  static Bytes AfterOf(const Json& args) {
    return args.contains("offset") ? BytesOf(args.at("offset")) : Bytes();
  }

  static std::size_t LimitOf(const Json& args) {
    const std::size_t limit = args.value("limit", 0u);
    return limit == 0 ? ~std::size_t{0} : limit;
  }

  static KeyRange RangeOf(const Json& args) {
    return {.prefix = BytesOf(args.at("prefix")),
            .after = AfterOf(args),
            .order = OrderOf(args),
            .follow_references = args.value("deep", false)};
  }

  static HistoryRange HistoryOf(const Json& args) {
    const std::uint64_t after = args.value("offset", 0u);
    return {.key = BytesOf(args.at("key")),
            .order = OrderOf(args),
            .after = after == 0 ? std::nullopt : std::optional(LeafIndex{after})};
  }

  static Json Item(const Result<Entry>& entry) {
    return entry ? Json{{"item", ToJson(*entry)}} : ErrorJson(entry.error());
  }

  // The first items, as many as were asked for.
  static Json Page(const Result<std::vector<Entry>>& entries, const Json& args) {
    if (!entries) return ErrorJson(entries.error());
    Json items = Json::array();
    const std::size_t limit = LimitOf(args);
    for (const Entry& entry : *entries) {
      if (items.size() < limit) items.push_back(ToJson(entry));
    }
    return {{"items", items}};
  }

  Json SetPage(const Json& args) const {
    const auto bound = [&](const char* name) {
      return args.contains(name) ? std::optional(ToScore(args.at(name))) : std::nullopt;
    };
    const auto found = ReadAll(ledger().ScanSortedSet({.set = BytesOf(args.at("name")),
                                                       .after = AfterOf(args),
                                                       .order = OrderOf(args),
                                                       .min_score = bound("lo"),
                                                       .max_score = bound("hi")}));
    if (!found) return ErrorJson(found.error());
    Json items = Json::array();
    const std::size_t limit = LimitOf(args);
    for (const SortedSetItem& member : *found) {
      if (items.size() == limit) break;
      Json item = ToJson(member.entry);
      item["score"] = member.score;
      item["currentOffset"] = ToHex(member.stored_key);
      item["zindex"] = member.index.value;
      items.push_back(item);
    }
    return {{"items", items}};
  }

  static constexpr std::uint64_t kFirstPage = 1;

  Json LogPage(const Json& args) const {
    const auto size = args.at("page_size").get<std::uint64_t>();
    const std::uint64_t number = std::max(args.at("page_number").get<std::uint64_t>(), kFirstPage);
    const auto rest = ReadAll(ledger().EntriesFrom({(number - 1) * size}));
    if (!rest) return ErrorJson(rest.error());
    if (rest->empty()) return {{"error", "index not found"}};
    Json items = Json::array();
    for (const LoggedEntry& logged : *rest) {
      if (items.size() < std::max<std::uint64_t>(size, 1)) items.push_back(ToJson(logged.entry));
    }
    return {{"items", items}, {"more", items.size() < rest->size()}};
  }

  SteppedWorld world_;
};

// What the vectors say of an operation or query, without the question, scores as numbers.
Json AnswerOf(Json step) {
  for (const char* const question : {"op", "query", "args"}) step.erase(question);
  if (!step.contains("items")) return step;
  for (Json& item : step.at("items")) {
    if (item.contains("score")) item["score"] = ToScore(item.at("score"));
  }
  return step;
}

class LedgerScenarioTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(LedgerScenarioTest, AnswersAreThoseOfTheOriginal) {
  const Json& scenario = Vectors().at("scenarios").at(GetParam());
  SCOPED_TRACE(scenario.at("name"));
  Interpreter interpreter;
  for (const Json& operation : scenario.at("ops")) {
    ASSERT_EQ(interpreter.Run(operation), AnswerOf(operation)) << operation;
  }
  // From memory, and from runs and pages after a restart.
  for (int round = 0; round < 2; round++) {
    EXPECT_EQ(interpreter.Root(), scenario.at("root").get<std::string>());
    for (const Json& query : scenario.at("queries")) {
      EXPECT_EQ(interpreter.Ask(query), AnswerOf(query)) << query;
    }
    ASSERT_TRUE(interpreter.world().ledger->Checkpoint());
    ASSERT_TRUE(interpreter.world().Close());
    ASSERT_TRUE(interpreter.world().Open());
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LedgerScenarioTest, ::testing::Range<std::size_t>(0, 4), [](const auto& param) {
      return Vectors().at("scenarios").at(param.param).at("name").template get<std::string>();
    });

TEST(LedgerVectorsTest, ThereAreNoMoreScenarios) {
  EXPECT_EQ(Vectors().at("scenarios").size(), 4u);
}

// A ledger whose first `count` entries are versions of `key`.
void Fill(SteppedWorld& world, const Bytes& key, std::size_t count) {
  ASSERT_TRUE(world.Create());
  ASSERT_TRUE(world.Open());
  WriteBatch batch;
  for (std::size_t i = 0; i < count; i++) batch.Set(key, {});
  ASSERT_TRUE(world.Commit(std::move(batch)));
}

TEST(LedgerVectorsTest, ReferencesAreStoredAsInTheOriginal) {
  std::size_t bound = 0;
  for (const char* const text : {"k", "key"}) {
    const Bytes key(text, text + std::strlen(text));
    SteppedWorld world;
    Fill(world, key, 257);
    for (const Json& item : Vectors().at("reference_values")) {
      const std::optional<LeafIndex> index = ToIndex(item.at("index"));
      if (ToBytes(item.at("key")) != key || (index && index->value > 256)) continue;
      const auto batch = world.ledger->BindReference(AsBytes("name"), {.key = key, .index = index});
      ASSERT_TRUE(batch) << item;
      const log::EntryView entry = log::ViewFramed(batch->encoded());
      EXPECT_EQ(entry.kind, EntryKind::kReference);
      EXPECT_EQ(ToHex(entry.key), ToHex(AsBytes("name")));
      EXPECT_EQ(ToHex(entry.value), item.at("value").get<std::string>()) << item;
      bound++;
    }
  }
  EXPECT_EQ(bound, 10u);
}

TEST(LedgerVectorsTest, MembersOfSetsAreStoredAsInTheOriginal) {
  std::size_t bound = 0;
  const Bytes key{'k', 'e', 'y', '1'};
  SteppedWorld world;
  Fill(world, key, 8);
  for (const Json& item : Vectors().at("set_keys")) {
    if (ToBytes(item.at("key")) != key) continue;
    const auto batch =
        world.ledger->BindSortedSetEntry(ToBytes(item.at("set")), ToScore(item.at("score")),
                                         {.key = key, .index = ToIndex(item.at("index"))});
    ASSERT_TRUE(batch) << item;
    const log::EntryView entry = log::ViewFramed(batch->encoded());
    EXPECT_EQ(entry.kind, EntryKind::kSortedSetEntry);
    EXPECT_EQ(ToHex(entry.key), item.at("setKey").get<std::string>()) << item;
    EXPECT_EQ(ToHex(entry.value), item.at("value").get<std::string>()) << item;
    bound++;
  }
  EXPECT_EQ(bound, 120u);
}

TEST(LedgerVectorsTest, ASetIsScannedInTheOrderOfTheOriginal) {
  SteppedWorld world;
  const Bytes key{'k'};
  Fill(world, key, 1);
  for (const Json& item : Vectors().at("scores")) {
    auto batch = world.ledger->BindSortedSetEntry(AsBytes("set"), ToScore(item.at("score")),
                                                  {.key = key, .index = {}});
    ASSERT_TRUE(batch);
    ASSERT_TRUE(world.Commit(*std::move(batch)));
  }
  const auto found = ReadAll(world.ledger->ScanSortedSet({.set = Bytes{'s', 'e', 't'}}));
  ASSERT_TRUE(found);
  const Json& expected = Vectors().at("zset_iteration_order").at("scores");
  ASSERT_EQ(found->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); i++) {
    // -0 and 0 differ, NaN is itself.
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found->at(i).score),
              std::bit_cast<std::uint64_t>(ToScore(expected[i])))
        << i;
  }
}

}  // namespace
}  // namespace immudb::ledger
