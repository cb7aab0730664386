#include "api/dump.h"

#include <gmock/gmock.h>
#include <google/protobuf/empty.pb.h>
#include <gtest/gtest.h>
#include <pb.pb.h>
#include <schema.pb.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/testing/ledger_fixture.h"
#include "api/tree_nodes.h"

namespace immudb::api {
namespace {

using Next = rpc::MessageStream::Next;
using rpc::StatusCode;

class DumpTest : public LedgerFixture {
 protected:
  void SetUp() override { Renew({.version_text = "immudb 0.0.0"}); }

  void Renew(ServiceOptions options) {
    StopService();
    StartService(std::move(options));
    token_ = LogIn("immudb", "immudb");
  }

  template <typename Request>
  FakeAnswer Ask(std::string_view method, const Request& request) {
    FakeAnswer answer = Call({.path = Path(method),
                              .message = Encoded(request),
                              .metadata = {{"authorization", token_}}});
    EXPECT_TRUE(answer.status.ok()) << answer.status.message;
    return answer;
  }

  void SetBatch(int count, std::size_t value_bytes) {
    schema::KVList list;
    for (int i = 0; i < count; ++i) {
      list.add_kvs()->set_key(Text("k{:05}", i));
      list.mutable_kvs(i)->set_value(std::string(value_bytes, 'v'));
    }
    Ask("SetBatch", list);
  }

  std::unique_ptr<rpc::MessageStream> BeginDump() {
    const auto caller =
        Begin({.path = Path("Dump"), .message = {}, .metadata = {{"authorization", token_}}});
    RunAll();
    EXPECT_TRUE(caller->answer()->status.ok());
    return caller->TakeStream();
  }

  std::vector<Bytes> DumpAll() {
    std::vector<Bytes> messages;
    const auto stream = BeginDump();
    EXPECT_TRUE(ReadStream(*stream, messages).ok());
    return messages;
  }

  static std::vector<pb::KV> RecordsOf(const std::vector<Bytes>& messages) {
    std::vector<pb::KV> records;
    for (const Bytes& message : messages) {
      const auto list = Parsed<pb::KVList>(message);
      records.insert(records.end(), list.kv().begin(), list.kv().end());
    }
    return records;
  }

  std::string token_;
};

TEST_F(DumpTest, AnEmptyDatabaseHasNoMessages) {
  EXPECT_TRUE(DumpAll().empty());
}

TEST_F(DumpTest, EntriesOfABatchHaveTheVersionOfItsEndHoweverLongItIs) {
  schema::KeyValue single;
  single.set_key("first");
  Ask("Set", single);
  SetBatch(1000, 3);
  Ask("Set", single);
  std::map<std::uint64_t, int> versions;
  std::set<std::string> keys;
  for (const pb::KV& record : RecordsOf(DumpAll())) {
    if (record.user_meta() == std::string(1, '\0')) ++versions[record.version()];
    EXPECT_TRUE(keys.insert(record.key() + record.value()).second);
  }
  // The last one has the record of the tree's size, too.
  EXPECT_EQ(versions, (std::map<std::uint64_t, int>{{1, 1}, {1001, 1000}, {1002, 2}}));
}

TEST_F(DumpTest, TheNodesOfADumpAreThoseOfTheTreeAndHaveTheVersionOfItsSize) {
  for (std::uint64_t size = 1; size <= 20; ++size) {
    schema::KeyValue item;
    item.set_key("k");
    Ask("Set", item);
    std::map<std::string, pb::KV> nodes;
    for (const pb::KV& record : RecordsOf(DumpAll())) {
      if (record.user_meta() == "\xff") nodes[record.key()] = record;
    }
    std::size_t expected = 0;
    const auto tree = Parsed<schema::Tree>(Ask("PrintTree", google::protobuf::Empty()).reply);
    for (const auto& layer : tree.t()) {
      for (const auto& node : layer.l()) {
        ++expected;
        EXPECT_EQ(nodes[node.i()].value(), node.h() + node.refk());
        const bool is_leaf = node.ref();
        if (!is_leaf) {
          EXPECT_EQ(nodes[node.i()].version(), size);
        }
      }
    }
    EXPECT_EQ(nodes.size(), expected);
  }
}

TEST_F(DumpTest, MessagesStayBelowAMebibyteUnlessOneEntryIsLarger) {
  SetBatch(900, 4000);
  schema::KeyValue large;
  large.set_key("large");
  large.set_value(std::string(3u << 20, 'x'));
  Ask("Set", large);
  Ask("Set", large);
  const std::vector<Bytes> messages = DumpAll();
  int larger = 0;
  for (const Bytes& message : messages) {
    if (message.size() <= (1u << 20)) continue;
    ++larger;
    EXPECT_EQ(Parsed<pb::KVList>(message).kv_size(), 2);  // Its leaf and itself.
  }
  EXPECT_EQ(larger, 2);
  // 902 entries, as many leaves, 901 nodes above them, the size.
  EXPECT_EQ(RecordsOf(messages).size(), 902u + 902u + 901u + 1u);
}

TEST_F(DumpTest, WhatIsWrittenMeanwhileIsNotInIt) {
  SetBatch(900, 4000);
  const auto stream = BeginDump();
  schema::KeyValue later;
  later.set_key("later");
  Ask("Set", later);
  std::vector<Bytes> messages;
  EXPECT_TRUE(ReadStream(*stream, messages).ok());
  for (const pb::KV& record : RecordsOf(messages)) {
    EXPECT_NE(record.key(), "later");
    EXPECT_LE(record.version(), 900u);
  }
}

TEST_F(DumpTest, NothingIsMadeBeforeItIsAskedForAndAStoppedReaderHoldsNothing) {
  SetBatch(900, 4000);
  Renew({.version_text = "immudb 0.0.0", .unfinished_reply_bytes_max = 1000});
  const auto stopped = BeginDump();
  EXPECT_EQ(long_reads_->pending(), 0u);
  int woken = 0;
  Next next = stopped->Pull([&woken] { ++woken; });
  EXPECT_EQ(next.kind, Next::Kind::kLater);
  EXPECT_EQ(long_reads_->pending(), 1u);
  EXPECT_EQ(stopped->Pull([&woken] { ++woken; }).kind, Next::Kind::kLater);
  EXPECT_EQ(long_reads_->pending(), 1u);
  RunAll();
  EXPECT_EQ(woken, 1);
  // While its message waits, the budget is used up; once it is taken, others have it.
  const auto other = BeginDump();
  std::vector<Bytes> messages;
  EXPECT_EQ(ReadStream(*other, messages).code, StatusCode::kResourceExhausted);
  EXPECT_EQ(stopped->Pull([] {}).kind, Next::Kind::kMessage);
  EXPECT_EQ(long_reads_->pending(), 0u);
  EXPECT_EQ(DumpAll().size(), 4u);
}

TEST_F(DumpTest, ADumpRestsWhileOthersCall) {
  SetBatch(900, 4000);
  const auto stream = BeginDump();
  int woken = 0;
  EXPECT_EQ(stream->Pull([&woken] { ++woken; }).kind, Next::Kind::kLater);
  schema::KeyValue other;
  other.set_key("other");
  Begin({.path = Path("Set"), .message = Encoded(other), .metadata = {{"authorization", token_}}});
  clock_.steps_ns = {0, 1'000'000};
  RunAll();
  EXPECT_EQ(woken, 0);
  EXPECT_EQ(long_reads_->delayed(), 1u);
  long_reads_->ElapseDelays();
  RunAll();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(stream->Pull([] {}).kind, Next::Kind::kMessage);
}

TEST_F(DumpTest, NobodyReadsForADumpThatWasGivenUp) {
  SetBatch(900, 4000);
  auto stream = BeginDump();
  EXPECT_EQ(stream->Pull([] { FAIL(); }).kind, Next::Kind::kLater);
  stream.reset();
  ASSERT_TRUE(long_reads_->RunOne());
  EXPECT_EQ(long_reads_->pending(), 0u);
}

TEST_F(DumpTest, AnOverloadedPoolEndsADump) {
  SetBatch(10, 1);
  Renew({.version_text = "immudb 0.0.0", .reads_waiting_max = 1});
  const auto first = BeginDump();
  const auto second = BeginDump();
  EXPECT_EQ(first->Pull([] {}).kind, Next::Kind::kLater);
  const Next refused = second->Pull([] {});
  EXPECT_EQ(refused.kind, Next::Kind::kEnd);
  EXPECT_EQ(refused.status.code, StatusCode::kResourceExhausted);
  RunAll();
  EXPECT_EQ(first->Pull([] {}).kind, Next::Kind::kMessage);
}

TEST_F(DumpTest, AMalformedRequestIsToldInAStreamsWay) {
  const FakeAnswer answer = Call({.path = Path("Dump"), .message = {0xff}});
  EXPECT_EQ(answer.status.code, StatusCode::kInternal);
  EXPECT_EQ(answer.status.message, "grpc: failed to unmarshal the received message unexpected EOF");
  EXPECT_TRUE(answer.has_initial_metadata);
}

}  // namespace
}  // namespace immudb::api
