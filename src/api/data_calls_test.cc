// The calls on data, over the real engine: what the recorded conversations do not show, and what is
// answered on purpose in another way than they do.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <limits>
#include <optional>
#include <set>
#include <string>

#include "api/testing/ledger_fixture.h"
#include "immudb/verify.h"
#include "proof/stored_encoding.h"

namespace immudb::api {
namespace {

using rpc::StatusCode;
using testing::HasSubstr;

Bytes ToBytes(const std::string& text) {
  return {text.begin(), text.end()};
}

Digest ToDigest(const std::string& text) {
  Digest digest{};
  EXPECT_EQ(text.size(), digest.size());
  std::copy(text.begin(), text.end(), digest.begin());
  return digest;
}

Path ToPath(const google::protobuf::RepeatedPtrField<std::string>& digests) {
  Path path;
  for (const std::string& digest : digests) path.push_back(ToDigest(digest));
  return path;
}

class DataCallsTest : public LedgerFixture {
 protected:
  void SetUp() override {
    StartService();
    token_ = LogIn("immudb", "immudb");
  }

  template <typename Request>
  FakeRequest Make(std::string_view method, const Request& request) {
    return {
        .path = Path(method), .message = Encoded(request), .metadata = {{"authorization", token_}}};
  }

  template <typename Reply, typename Request>
  Reply Ask(std::string_view method, const Request& request) {
    const FakeAnswer answer = Call(Make(method, request));
    EXPECT_TRUE(answer.status.ok()) << method << ": " << answer.status.message;
    return Parsed<Reply>(answer.reply);
  }

  template <typename Request>
  rpc::RpcStatus StatusOf(std::string_view method, const Request& request) {
    return Call(Make(method, request)).status;
  }

  std::uint64_t Set(const std::string& key, const std::string& value) {
    schema::KeyValue request;
    request.set_key(key);
    request.set_value(value);
    return Ask<schema::Index>("Set", request).index();
  }

  // Sets `count` keys k00000, k00001, … with values of `value_bytes`, one batch for each thousand.
  void SetMany(int count, std::size_t value_bytes) {
    schema::KVList list;
    for (int i = 0; i < count; ++i) {
      schema::KeyValue& item = *list.add_kvs();
      item.set_key(Text("k{:05}", i));
      item.set_value(std::string(value_bytes, 'v'));
      if (list.kvs_size() < 1000 && i + 1 < count) continue;
      Ask<schema::Index>("SetBatch", list);
      list.Clear();
    }
  }

  static schema::ZAddOptions Member(const std::string& set, double score, const std::string& key) {
    schema::ZAddOptions member;
    member.set_set(set);
    member.mutable_score()->set_score(score);
    member.set_key(key);
    return member;
  }

  schema::ScanOptions ScanOf(const std::string& prefix) {
    schema::ScanOptions request;
    request.set_prefix(prefix);
    return request;
  }

  void StartServiceAgain(ServiceOptions options) {
    StopService();
    StartService(std::move(options));
    token_ = LogIn("immudb", "immudb");
  }

  std::string token_;
};

TEST_F(DataCallsTest, VerifiedReferencesAndMembersAreProvenAtTheirOwnIndexAndExtendTheTrustedTree) {
  Set("a", "1");
  std::optional<TreeHead> trusted;
  for (int i = 0; i < 9; ++i) {
    Set("other", "x");
    schema::Proof proof;
    Bytes key;
    Bytes value = proof::EncodeTarget({.key = AsBytes("a"), .index = {}});
    if (i % 2 == 0) {
      schema::SafeReferenceOptions request;
      request.mutable_ro()->set_reference("r");
      request.mutable_ro()->set_key("a");
      if (trusted) request.mutable_rootindex()->set_index(trusted->size.value - 1);
      proof = Ask<schema::Proof>("SafeReference", request);
      key = ToBytes("r");
    } else {
      schema::SafeZAddOptions request;
      *request.mutable_zopts() = Member("s", i, "a");
      if (trusted) request.mutable_rootindex()->set_index(trusted->size.value - 1);
      proof = Ask<schema::Proof>("SafeZAdd", request);
      key = proof::EncodeSetKey(AsBytes("s"), i, {.key = AsBytes("a"), .index = {}});
    }
    EXPECT_EQ(proof.at(), proof.index());
    EntryProof found;
    found.inclusion = {.index = {proof.index()},
                       .leaf = ToDigest(proof.leaf()),
                       .head = {.size = {proof.at() + 1}, .root = ToDigest(proof.root())},
                       .path = ToPath(proof.inclusionpath())};
    found.consistency_path = ToPath(proof.consistencypath());
    const Status verified = VerifyEntry({proof.index()}, key, value, found, trusted);
    EXPECT_TRUE(verified) << verified.error().message;
    trusted = found.inclusion.head;
  }
}

TEST_F(DataCallsTest, PartsThatAreAbsentAreRefusedAndNothingIsWritten) {
  Set("a", "1");
  const google::protobuf::Empty nothing;
  EXPECT_EQ(StatusOf("SafeReference", nothing).message, "invalid key");
  for (const char* method : {"ZAdd", "SafeZAdd"}) {
    const rpc::RpcStatus status = StatusOf(method, nothing);
    EXPECT_EQ(status.code, StatusCode::kInvalidArgument) << method;
    EXPECT_EQ(status.message, "zAdd score not provided") << method;
  }
  schema::ZAddOptions member = Member("s", 1, "a");
  member.clear_score();
  EXPECT_EQ(StatusOf("ZAdd", member).message, "zAdd score not provided");
  schema::Ops ops;
  *ops.add_operations()->mutable_zopts() = member;
  EXPECT_EQ(StatusOf("ExecAllOps", ops).message, "zAdd score not provided");
  ops.Clear();
  ops.add_operations()->mutable_kvs();
  EXPECT_EQ(StatusOf("ExecAllOps", ops).message, "invalid key");
  ops.add_operations();
  EXPECT_EQ(StatusOf("ExecAllOps", ops).message, "operation is not set");
  EXPECT_EQ(StatusOf("ExecAllOps", nothing).message, "empty set");
  EXPECT_EQ(Set("b", "2"), 1u);
}

TEST_F(DataCallsTest, AMemberAddedByOperationsHasItsOwnIndex) {
  schema::Ops ops;
  for (const char* key : {"a", "b"}) {
    ops.add_operations()->mutable_kvs()->set_key(key);
    *ops.add_operations()->mutable_zopts() = Member("s", 1, key);
  }
  EXPECT_EQ(Ask<schema::Index>("ExecAllOps", ops).index(), 3u);
  schema::ZScanOptions request;
  request.set_set("s");
  const auto list = Ask<schema::ZItemList>("ZScan", request);
  ASSERT_EQ(list.items_size(), 2);
  EXPECT_EQ(list.items(0).index(), 1u);
  EXPECT_EQ(list.items(1).index(), 3u);
}

TEST_F(DataCallsTest, OperationsThatOnlyLookAlikeWhenJoinedAreNoDuplicates) {
  Set("b", "1");
  schema::Ops ops;
  ops.add_operations()->mutable_kvs()->set_key("ab<nil>");
  schema::ZAddOptions& member = *ops.add_operations()->mutable_zopts();
  member = Member("a", 1, "b");
  EXPECT_EQ(StatusOf("ExecAllOps", ops).message, "zAdd index not provided");
  member.mutable_index();
  EXPECT_TRUE(StatusOf("ExecAllOps", ops).ok());
}

TEST_F(DataCallsTest, OperationsAddToNoSetWithoutAName) {
  schema::Ops ops;
  ops.add_operations()->mutable_kvs()->set_key("a");
  *ops.add_operations()->mutable_zopts() = Member("", 1, "a");
  const rpc::RpcStatus status = StatusOf("ExecAllOps", ops);
  EXPECT_EQ(status.code, StatusCode::kInvalidArgument);
  EXPECT_EQ(Set("b", "2"), 0u);
}

TEST_F(DataCallsTest, AScanShowsNoRecordsOfTheServersOwn) {
  Set("a", "1");
  Ask<schema::Index>("ZAdd", Member("s", 1, "a"));
  StartServiceAgain({.version_text = "immudb 0.0.0"});  // 0.8.1 writes such records when it stops.
  schema::ScanOptions request;
  for (const bool reverse : {false, true}) {
    request.set_reverse(reverse);
    request.set_deep(false);
    EXPECT_EQ(Ask<schema::ItemList>("Scan", request).items_size(), 1);
    request.set_deep(true);
    const auto deep = Ask<schema::ItemList>("Scan", request);
    ASSERT_EQ(deep.items_size(), 2);
    EXPECT_EQ(deep.items(0).key(), "a");
    EXPECT_EQ(deep.items(1).key(), "a");
  }
}

TEST_F(DataCallsTest, CountAllIsTheNumberOfKeysAndOfEntriesWhateverWasDumped) {
  Set("a", "1");
  Set("a", "2");
  Set("b", "3");
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Ask<schema::ItemsCount>("CountAll", google::protobuf::Empty()).count(), 5u);
    const auto caller = Begin(Make("Dump", google::protobuf::Empty()));
    RunAll();
    const auto stream = caller->TakeStream();
    ASSERT_NE(stream, nullptr);
    std::vector<Bytes> messages;
    EXPECT_TRUE(ReadStream(*stream, messages).ok());
  }
}

TEST_F(DataCallsTest, AKeyInTheFormOfASetMemberIsNone) {
  Set("a", "1");
  const Bytes forged =
      proof::EncodeSetKey(AsBytes("s"), 1, {.key = AsBytes("nobody"), .index = {}});
  Set({forged.begin(), forged.end()}, "v");
  const Bytes short_key = proof::EncodeSetPrefix(AsBytes("s"));
  Set({short_key.begin(), short_key.end()}, "v");
  Ask<schema::Index>("ZAdd", Member("s", 2, "a"));
  schema::ZScanOptions request;
  request.set_set("s");
  EXPECT_EQ(Ask<schema::ZItemList>("ZScan", request).items_size(), 1);
  request.mutable_min()->set_score(0);
  request.mutable_max()->set_score(3);
  EXPECT_EQ(Ask<schema::ZItemList>("ZScan", request).items_size(), 1);
}

TEST_F(DataCallsTest, WhoeverMayReadMayFollowAReferenceAndMakeStructuredReads) {
  schema::StructuredKeyValue item;
  item.set_key("k");
  item.mutable_value()->set_payload("v");
  Ask<schema::Index>("SetSV", item);
  Ask<schema::Index>("ZAdd", Member("s", 1, "k"));
  schema::ReferenceOptions reference;
  reference.set_reference("r");
  reference.set_key("k");
  Ask<schema::Index>("Reference", reference);
  AddUser("reader", {{.database = "defaultdb", .code = 1}});
  token_ = LogIn("reader", "Passw0rd!");
  schema::Key name;
  name.set_key("r");
  EXPECT_EQ(Ask<schema::Item>("GetReference", name).key(), "k");
  name.set_key("k");
  const auto history = Ask<schema::StructuredItemList>("HistorySV", name);
  EXPECT_EQ(history.items(0).value().payload(), "v");
  EXPECT_EQ(Ask<schema::StructuredItemList>("ScanSV", ScanOf("k")).items_size(), 1);
  EXPECT_EQ(Ask<schema::StructuredItem>("ByIndexSV", schema::Index()).value().payload(), "v");
  schema::ZScanOptions set;
  set.set_set("s");
  EXPECT_EQ(Ask<schema::StructuredItemList>("ZScanSV", set).items(0).value().payload(), "v");
  schema::IScanOptions page;
  page.set_pagesize(1);
  EXPECT_EQ(Ask<schema::SPage>("IScanSV", page).items(0).value().payload(), "v");
}

TEST_F(DataCallsTest, ATreeTellsWhichNodesACheckpointHolds) {
  const auto in_memory = [this] {
    std::set<std::string> keys;
    const auto tree = Ask<schema::Tree>("PrintTree", google::protobuf::Empty());
    for (const auto& layer : tree.t()) {
      for (const auto& node : layer.l()) {
        if (node.cache()) keys.insert(node.i());
      }
    }
    return keys.size();
  };
  for (const char* key : {"a", "b", "c"}) Set(key, "v");
  EXPECT_EQ(in_memory(), 5u);
  StartServiceAgain({.version_text = "immudb 0.0.0"});
  EXPECT_EQ(in_memory(), 0u);
  Set("d", "v");
  EXPECT_EQ(in_memory(), 3u);  // The leaf, its parent, the root.
}

TEST_F(DataCallsTest, TheHashesOfATreeAreThoseThatProofsLeadTo) {
  SetMany(130, 1);
  const auto tree = Ask<schema::Tree>("PrintTree", google::protobuf::Empty());
  const auto root = Ask<schema::Root>("CurrentRoot", google::protobuf::Empty());
  ASSERT_EQ(tree.t_size(), 9);
  ASSERT_EQ(tree.t(8).l_size(), 1);
  EXPECT_EQ(tree.t(8).l(0).h(), root.payload().root());
  EXPECT_TRUE(tree.t(8).l(0).root());
  for (int leaf : {0, 64, 129}) {
    schema::Index index;
    index.set_index(static_cast<std::uint64_t>(leaf));
    EXPECT_EQ(tree.t(0).l(leaf).h(), Ask<schema::InclusionProof>("Inclusion", index).leaf());
    EXPECT_EQ(tree.t(0).l(leaf).refk(), Text("k{:05}", leaf));
  }
}

TEST_F(DataCallsTest, LongAnswersTakeTurns) {
  SetMany(1000, 10);
  schema::IScanOptions page;
  page.set_pagesize(2000);
  const auto first = Begin(Make("Scan", ScanOf("k")));
  const auto second = Begin(Make("IScan", page));
  const auto third = Begin(Make("PrintTree", google::protobuf::Empty()));
  schema::Key key;
  key.set_key("k00000");
  const auto last = Begin(Make("Get", key));
  for (int turn = 0; turn < 4; ++turn) ASSERT_TRUE(reads_->RunOne());
  EXPECT_TRUE(last->answer());
  EXPECT_FALSE(first->answer() || second->answer() || third->answer());
  RunAll();
  EXPECT_EQ(Parsed<schema::ItemList>(first->answer()->reply).items_size(), 1000);
  EXPECT_EQ(Parsed<schema::Page>(second->answer()->reply).items_size(), 1000);
  EXPECT_EQ(Parsed<schema::Tree>(third->answer()->reply).t(0).l_size(), 1000);
}

TEST_F(DataCallsTest, ALimitCountsItemsAndNotTheRowsLeftOut) {
  SetMany(600, 1);
  schema::ReferenceOptions reference;
  reference.set_key("k00000");
  for (int i = 0; i < 300; ++i) {
    reference.set_reference(Text("a{:04}", i));
    Ask<schema::Index>("Reference", reference);
  }
  schema::ScanOptions request;
  request.set_limit(400);
  const auto list = Ask<schema::ItemList>("Scan", request);
  ASSERT_EQ(list.items_size(), 400);
  EXPECT_EQ(list.items(0).key(), "k00000");
  EXPECT_EQ(list.items(399).key(), "k00399");
}

TEST_F(DataCallsTest, AfterAThousandRowsAnAnswerGoesOnAmongTheLongOnes) {
  SetMany(1500, 10);
  const auto scan = Begin(Make("Scan", ScanOf("k")));
  while (reads_->RunOne()) {
  }
  EXPECT_FALSE(scan->answer());
  EXPECT_EQ(long_reads_->pending(), 1u);
  while (long_reads_->RunOne()) {
  }
  ASSERT_TRUE(scan->answer());
  EXPECT_TRUE(scan->answer()->status.ok());
  EXPECT_EQ(reads_->pending(), 0u);
}

TEST_F(DataCallsTest, ALongAnswerRestsWhileOthersCall) {
  SetMany(2000, 10);
  const auto scan = Begin(Make("Scan", ScanOf("k")));
  while (reads_->RunOne()) {
  }
  ASSERT_TRUE(long_reads_->RunOne());  // No call but its own.
  EXPECT_EQ(long_reads_->pending(), 1u);
  const auto other = Begin(Make("Count", schema::KeyPrefix()));
  clock_.steps_ns = {0, 1'000'000};
  ASSERT_TRUE(long_reads_->RunOne());
  EXPECT_EQ(long_reads_->pending(), 0u);
  EXPECT_EQ(long_reads_->delayed(), 1u);
  long_reads_->ElapseDelays();
  RunAll();
  ASSERT_TRUE(scan->answer());
  EXPECT_TRUE(scan->answer()->status.ok());
}

TEST_F(DataCallsTest, NobodyReadsOnForAClientThatHasGone) {
  SetMany(1000, 10);
  const auto scan = Begin(Make("Scan", ScanOf("k")));
  ASSERT_TRUE(reads_->RunOne());
  EXPECT_FALSE(scan->answer());
  scan->set_cancelled();
  ASSERT_TRUE(reads_->RunOne());
  EXPECT_EQ(scan->answer()->status.code, StatusCode::kCancelled);
  EXPECT_FALSE(reads_->RunOne());
}

TEST_F(DataCallsTest, ALongAnswerThatIsTooLargeNamesTheLimit) {
  StartServiceAgain({.version_text = "immudb 0.0.0", .reply_bytes_max = 20'000});
  SetMany(1000, 10);
  schema::Key key;
  key.set_key("k00000");
  for (int i = 0; i < 1500; ++i) Set("k00000", "again");
  for (const auto& [method, request] :
       {std::pair("Scan", Encoded(ScanOf("k"))), std::pair("History", Encoded(key)),
        std::pair("PrintTree", Bytes())}) {
    const FakeAnswer answer =
        Call({.path = Path(method), .message = request, .metadata = {{"authorization", token_}}});
    EXPECT_EQ(answer.status.code, StatusCode::kResourceExhausted) << method;
    EXPECT_THAT(answer.status.message, HasSubstr("20000 bytes")) << method;
  }
}

TEST_F(DataCallsTest, AnAnswerOfManyBlocksIsWhole) {
  StartServiceAgain({.version_text = "immudb 0.0.0"});
  for (int i = 0; i < 400; ++i) {
    Set(Text("k{:03}", i), std::string(10'000, static_cast<char>('a' + i % 26)));
  }
  const auto list = Ask<schema::ItemList>("Scan", ScanOf("k"));
  ASSERT_EQ(list.items_size(), 400);
  for (int i = 0; i < 400; ++i) {
    EXPECT_EQ(list.items(i).key(), Text("k{:03}", i));
    EXPECT_EQ(list.items(i).value(), std::string(10'000, static_cast<char>('a' + i % 26)));
  }
}

TEST_F(DataCallsTest, RepliesBeingPutTogetherShareABudgetInWhichOneAlwaysFits) {
  StartServiceAgain({.version_text = "immudb 0.0.0", .unfinished_reply_bytes_max = 30'000});
  SetMany(3000, 10);
  schema::KeyList keys;
  for (int i = 0; i < 3000; ++i) keys.add_keys()->set_key("k00000");
  const auto scan = Begin(Make("Scan", ScanOf("k")));
  const auto batch = Begin(Make("GetBatch", keys));
  RunAll();
  ASSERT_NE(scan->answer()->status.ok(), batch->answer()->status.ok());
  const auto refused = scan->answer()->status.ok() ? batch->answer() : scan->answer();
  EXPECT_EQ(refused->status.code, StatusCode::kResourceExhausted);
  EXPECT_THAT(refused->status.message, HasSubstr("30000 bytes"));
  EXPECT_EQ(Ask<schema::ItemList>("GetBatch", keys).items_size(), 3000);
  EXPECT_EQ(Ask<schema::ItemList>("Scan", ScanOf("k")).items_size(), 3000);
}

TEST_F(DataCallsTest, LargeRequestsAreTakenApartOnThePool) {
  schema::KVList list;
  for (int i = 0; i < 1000; ++i) {
    list.add_kvs()->set_key(Text("k{:05}", i));
    list.mutable_kvs(i)->set_value(std::string(100, 'v'));
  }
  const auto batch = Begin(Make("SetBatch", list));
  EXPECT_EQ(reads_->pending(), 1u);
  RunAll();
  batch->WaitForAnswer();
  EXPECT_EQ(Parsed<schema::Index>(batch->answer()->reply).index(), 999u);

  // Faults are still told before the want of a right.
  FakeRequest malformed = Make("SetBatch", list);
  malformed.metadata.clear();
  EXPECT_EQ(Call(malformed).status.message, "please login first");
  malformed.message.push_back(0xff);
  const FakeAnswer answer = Call(malformed);
  EXPECT_EQ(answer.status.message, "grpc: error unmarshalling request: unexpected EOF");
  EXPECT_FALSE(answer.has_initial_metadata);
}

}  // namespace
}  // namespace immudb::api
