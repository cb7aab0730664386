#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "immudb/cursor.h"
#include "immudb/verify.h"
#include "ledger/test_reads.h"
#include "ledger/test_world.h"
#include "proof/stored_encoding.h"

namespace immudb::ledger {
namespace {

Bytes B(std::string_view text) {
  return {text.begin(), text.end()};
}

constexpr char kDuplicateKey[] = "duplicated keys are not supported in single batch transaction";
constexpr char kDuplicateReference[] =
    "duplicated references insertions are not supported in single batch transaction";
constexpr char kDuplicateMember[] =
    "duplicated index inside zAdd insertions are not supported in single batch transaction";

Operation Set(std::string_view key, std::string_view value = "v") {
  return SetOperation{.key = B(key), .value = B(value)};
}
Operation Reference(std::string_view name, std::string_view key,
                    std::optional<std::uint64_t> index = {}) {
  ReferenceOperation operation{.name = B(name), .target = {.key = B(key)}};
  if (index) operation.target.index = LeafIndex{*index};
  return operation;
}
Operation Member(std::string_view set, double score, std::string_view key,
                 std::optional<std::uint64_t> index = {}) {
  SortedSetOperation operation{.set = B(set), .score = score, .target = {.key = B(key)}};
  if (index) operation.target.index = LeafIndex{*index};
  return operation;
}

class BindTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(world_.Create());
    ASSERT_TRUE(world_.Open());
    ASSERT_TRUE(world_.Set("a", "1"));  // Entry 0.
    ASSERT_TRUE(world_.Set("b", "2"));  // Entry 1.
  }

  // The last index, or the error's text; nothing may be stored then.
  std::string Exec(const std::vector<Operation>& operations) {
    const std::uint64_t before = world_.ledger->statistics().entries;
    Result<WriteBatch> batch = world_.ledger->BindOperations(operations);
    Result<CommitResult> done =
        batch ? world_.Commit(*std::move(batch)) : Result<CommitResult>(batch.error());
    if (done) return std::to_string(done->last.value);
    EXPECT_EQ(world_.ledger->statistics().entries, before);
    return done.error().message;
  }

  std::string ReferenceError(std::string_view name, const Target& target,
                             std::optional<LeafIndex> since = {}) {
    const auto batch = world_.ledger->BindReference(AsBytes(name), target, since);
    return batch ? "" : batch.error().message;
  }
  std::string MemberError(std::string_view set, const Target& target,
                          std::optional<LeafIndex> since = {}) {
    const auto batch = world_.ledger->BindSortedSetEntry(AsBytes(set), 1, target, since);
    return batch ? "" : batch.error().message;
  }

  Entry At(std::uint64_t index) { return world_.ledger->At({index}).value(); }

  // What its digest proves for entry `index`, at its own index, and under the newest root.
  void ExpectProven(std::uint64_t index) {
    const auto proven = world_.ledger->AtProven({index}, {});
    ASSERT_TRUE(proven) << proven.error().message;
    EXPECT_TRUE(VerifyEntry({index}, proven->entry.key, proven->entry.value, proven->proof, {}));
  }

  SteppedWorld world_{{.batch_rules = BatchRules::kImmudb081}};
};

TEST_F(BindTest, OperationsAreBoundToEarlierSetsOfTheirCall) {
  ASSERT_EQ(Exec({Set("n", "new"), Reference("r", "n"), Member("s", -1.5, "n", 999),
                  Reference("old", "a", 0), Member("s", 2, "", 1)}),
            "6");
  const proof::TargetView own{.key = AsBytes("n"), .index = LeafIndex{2}};
  EXPECT_EQ(At(3).value, proof::EncodeTarget(own));
  EXPECT_EQ(At(4).key, proof::EncodeSetKey(AsBytes("s"), -1.5, own));
  EXPECT_EQ(At(4).value, proof::EncodeTarget(own));
  EXPECT_EQ(At(5).value, proof::EncodeTarget({.key = AsBytes("a"), .index = LeafIndex{0}}));
  EXPECT_EQ(At(6).value, proof::EncodeTarget({.key = AsBytes("b"), .index = LeafIndex{1}}));
  for (std::uint64_t i = 0; i < 7; i++) ExpectProven(i);

  // The index, too, knows the keys with their final bytes.
  const auto members = ReadAll(world_.ledger->ScanSortedSet({.set = B("s")}));
  ASSERT_TRUE(members);
  ASSERT_EQ(members->size(), 2u);
  EXPECT_EQ(members->at(0).entry.key, B("b"));
  EXPECT_EQ(members->at(1).entry.key, B("n"));
  EXPECT_EQ(members->at(1).index.value, 4u);
  EXPECT_EQ(world_.ledger->GetReferenced(AsBytes("r"))->index.value, 2u);

  // And so does the log.
  world_.Kill();
  ASSERT_TRUE(world_.Open());
  for (std::uint64_t i = 0; i < 7; i++) ExpectProven(i);
  EXPECT_EQ(ReadAll(world_.ledger->ScanSortedSet({.set = B("s")}))->size(), 2u);
}

TEST_F(BindTest, IndexesAreThoseTheBatchGetsNotThoseOfWhenItWasBound) {
  auto first = world_.ledger->BindOperations(std::vector{Set("x"), Reference("rx", "x")});
  auto second = world_.ledger->BindOperations(std::vector{Set("y"), Member("s", 1, "y")});
  ASSERT_TRUE(first && second);
  ASSERT_TRUE(world_.Set("between", ""));
  std::vector<CommitResult> results;
  const auto done = [&](Result<CommitResult> result) { results.push_back(result.value()); };
  // Both in one group.
  world_.ledger->Submit(*std::move(second), done);
  world_.ledger->Submit(*std::move(first), done);
  world_.Settle();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].last.value, 6u);
  EXPECT_EQ(At(4).value, proof::EncodeTarget({.key = AsBytes("y"), .index = LeafIndex{3}}));
  EXPECT_EQ(At(6).value, proof::EncodeTarget({.key = AsBytes("x"), .index = LeafIndex{5}}));
  for (std::uint64_t i = 0; i < 7; i++) ExpectProven(i);
}

TEST_F(BindTest, ALargeBatchIsBoundWhereItLies) {
  // Beyond what is copied together with other batches.
  std::vector<Operation> operations{Set("big", std::string(200'000, 'x'))};
  for (int i = 0; i < 500; i++) operations.push_back(Reference("r" + std::to_string(i), "big"));
  ASSERT_EQ(Exec(operations), "502");
  for (const std::uint64_t index : {2u, 3u, 502u}) ExpectProven(index);
  EXPECT_EQ(At(502).value, proof::EncodeTarget({.key = AsBytes("big"), .index = LeafIndex{2}}));
}

TEST_F(BindTest, OperationsWithoutAnEarlierSetNeedAnIndex) {
  EXPECT_EQ(Exec({Member("s", 1, "a")}), "zAdd index not provided");
  EXPECT_EQ(Exec({Reference("r", "a")}), "reference index not provided");
  EXPECT_EQ(Exec({Member("s", 1, "n"), Set("n")}), "zAdd index not provided");
  EXPECT_EQ(Exec({Set("n"), Reference("r", "n"), Reference("rr", "r")}),
            "reference index not provided");
  EXPECT_EQ(Exec({Member("s", 1, "a", 2)}), "index not found");
  EXPECT_EQ(Exec({Set("n"), Reference("r", "a", 2)}), "index not found");
  EXPECT_EQ(Exec({Reference("r", "a", ~std::uint64_t{0})}), "index not found");
  EXPECT_EQ(Exec({Member("s", 1, "b", 0)}), "mismatch between provided index and key");
  EXPECT_EQ(Exec({Reference("r", "b", 0)}), "mismatch between provided index and key");
}

TEST_F(BindTest, ARepeatedOperationIsRefusedInTheTextOfItsKind) {
  EXPECT_EQ(Exec({}), "empty set");
  EXPECT_EQ(Exec({Set("x"), Set("y"), Set("x")}), kDuplicateKey);
  EXPECT_EQ(Exec({Reference("r", "a"), Reference("r", "a")}), kDuplicateReference);
  EXPECT_EQ(Exec({Member("s", 1, "a"), Member("s", 2, "a")}), kDuplicateMember);
  EXPECT_EQ(Exec({Member("s", 1, "a", 0), Member("s", 1, "a", 0)}), kDuplicateMember);
  // Repeats come before everything else.
  EXPECT_EQ(Exec({Set(""), Set("x"), Set("x")}), kDuplicateKey);
  // What only looks alike when it is joined is no repeat.
  EXPECT_EQ(Exec({Set("ab<nil>"), Set("b"), Member("a", 1, "b")}), "4");
}

TEST_F(BindTest, TwoOperationsForOneStoredKeyAreRefusedInTheTextOfTheLaterOne) {
  EXPECT_EQ(Exec({Set("x"), Reference("x", "a", 0)}), kDuplicateReference);
  EXPECT_EQ(Exec({Reference("x", "a", 0), Set("x")}), kDuplicateKey);
  EXPECT_EQ(Exec({Reference("r", "a", 0), Reference("r", "b", 1)}), kDuplicateReference);
  // Whatever index was asked for, both get the one of this call.
  EXPECT_EQ(Exec({Set("x"), Member("s", 1, "x"), Member("s", 1, "x", 7)}), kDuplicateMember);
  EXPECT_EQ(Exec({Member("s", 1, "a", 0), Member("s", 1, "", 0)}), kDuplicateMember);
  const Bytes stored =
      proof::EncodeSetKey(AsBytes("s"), 1, {.key = AsBytes("a"), .index = LeafIndex{0}});
  const std::string key(stored.begin(), stored.end());
  EXPECT_EQ(Exec({Set(key), Member("s", 1, "a", 0)}), kDuplicateMember);
  // A member of entry 0, named before this call sets the key anew, is another one.
  EXPECT_EQ(Exec({Member("s", 1, "a", 0), Set("a"), Member("s", 1, "a")}), "4");
}

TEST_F(BindTest, KeysOfOperationsAreCheckedLast) {
  EXPECT_EQ(Exec({Set("")}), "invalid key");
  EXPECT_EQ(Exec({Set(std::string_view("\0k", 2))}), "invalid key");
  EXPECT_EQ(Exec({Set("x"), Reference("", "x")}), "invalid key");
  EXPECT_EQ(Exec({Set("x"), Reference(std::string_view("\0", 1), "x")}), "invalid key");
  EXPECT_EQ(Exec({Set("x"), Member("", 1, "x")}), "invalid set");
  EXPECT_EQ(Exec({Set(""), Reference("r", "b", 7)}), "index not found");
  EXPECT_EQ(Exec({Set("x"), Reference("!badger!r", "x")}), "invalid key");
  EXPECT_NE(Exec({Set("x"), Member(std::string(64'990, 's'), 1, "x")}).find("exceeded 65000"),
            std::string::npos);
}

TEST_F(BindTest, SingleCallsAreCheckedInTheOrderOfTheOriginal) {
  const Target empty{};
  const Target reserved{.key = {0, 1}};
  const Target missing{.key = B("missing")};
  const LeafIndex beyond{2};
  EXPECT_EQ(ReferenceError("", empty, beyond), "invalid key");
  EXPECT_EQ(ReferenceError("", reserved, beyond), "invalid key");
  EXPECT_EQ(ReferenceError("", missing, beyond), "invalid reference");
  EXPECT_EQ(ReferenceError("r", missing, beyond), "invalid root index");
  EXPECT_EQ(ReferenceError("r", missing, LeafIndex{1}), "Key not found");
  EXPECT_EQ(ReferenceError("r", {.key = {0, 1}, .index = LeafIndex{0}}),
            "mismatch between provided index and key");
  EXPECT_EQ(ReferenceError("r", {.key = B("a"), .index = LeafIndex{2}}), "index not found");
  EXPECT_EQ(MemberError("", empty, beyond), "invalid key");
  EXPECT_EQ(MemberError("", missing, beyond), "invalid set");
  EXPECT_EQ(MemberError("s", missing, beyond), "invalid root index");
  EXPECT_EQ(MemberError("s", missing), "Key not found");
  EXPECT_EQ(MemberError("s", {.key = {}, .index = LeafIndex{1}}), "");
}

TEST_F(BindTest, OnlyReferencesCanBeFollowed) {
  const auto text = [&](std::string_view name) {
    const auto entry = world_.ledger->GetReferenced(AsBytes(name));
    return entry ? "" : entry.error().message;
  };
  EXPECT_EQ(text(""), "invalid reference");
  EXPECT_EQ(text("missing"), "Key not found");
  EXPECT_EQ(text("a"), "provided argument is not a reference");
}

TEST_F(BindTest, ABatchWithAReferenceThatIsNoneIsRefused) {
  WriteBatch batch;
  batch.Add(EntryKind::kReference, AsBytes("r"), AsBytes("short"));
  EXPECT_EQ(world_.Commit(std::move(batch)).error().code, Code::kInvalidArgument);
  WriteBatch member;
  member.Add(EntryKind::kSortedSetEntry, AsBytes("m"),
             proof::EncodeTarget({.key = AsBytes("a"), .index = {}}));
  EXPECT_EQ(world_.Commit(std::move(member)).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace immudb::ledger
