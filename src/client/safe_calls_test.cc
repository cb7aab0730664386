#include "client/safe_calls.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "client/testing/client_fixture.h"
#include "proof/stored_encoding.h"

namespace immudb::client {
namespace {

// Changes the message of an answer.
template <typename Message, typename Change>
void Edit(RpcReply& reply, Change change) {
  Message message;
  ASSERT_TRUE(message.ParseFromArray(reply.body.data(), static_cast<int>(reply.body.size())));
  change(message);
  const std::string body = message.SerializeAsString();
  reply.body.assign(body.begin(), body.end());
}

std::string Text(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

class SafeCallsTest : public testing::Test {
 protected:
  World world;
  std::unique_ptr<AsyncClient> client = world.NewClient();

  FakeLedger& ledger() { return world.server->ledger; }

  int believed_ = 0;
  int refused_ = 0;

  // Expects that `call` ends as tampering, is reported once, and leaves the trusted state.
  template <typename Call>
  void ExpectLie(Call call) {
    const std::optional<TreeHead> before = TrustedHead(*world.NewClient());
    world.reports.clear();
    const auto result = call();
    ASSERT_FALSE(result) << "a lie was believed";
    EXPECT_EQ(result.error().code, Code::kTampered) << result.error().message;
    EXPECT_EQ(world.reports.size(), 1U);
    EXPECT_EQ(TrustedHead(*world.NewClient()), before) << "the kept state has changed";
  }
};

TEST_F(SafeCallsTest, WhatIsWrittenIsProvenAndReadBackWithItsTime) {
  const auto written = SafeSet(*client, "key", "value");
  ASSERT_TRUE(written) << written.error().message;
  EXPECT_EQ(written->index.value, 0U);
  EXPECT_EQ(written->head, ledger().Head());
  const auto read = SafeGet(*client, "key");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Text(read->item.value), "value");
  EXPECT_EQ(read->item.timestamp, 1'600'000'000U);
  EXPECT_EQ(read->leaf, written->leaf);
  EXPECT_FALSE(read->reference.has_value());
  EXPECT_EQ(TrustedHead(*client), ledger().Head());
}

TEST_F(SafeCallsTest, TheTrustedStateGoesOnInTheNextProcess) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const auto next = world.NewClient();
  EXPECT_EQ(TrustedHead(*next), ledger().Head());
  ASSERT_TRUE(SafeSet(*next, "key", "value 2"));
  EXPECT_TRUE(SafeGet(*client, "key"));
  EXPECT_EQ(TrustedHead(*client)->size.value, 2U);
  EXPECT_TRUE(world.reports.empty());
}

TEST_F(SafeCallsTest, AFirstContactThatNobodyAllowedIsRefusedBeforeAnythingIsWritten) {
  world.options.first_contact = FirstContact::kRefuse;
  const auto careful = world.NewClient();
  const auto written = SafeSet(*careful, "key", "value");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kInvalidArgument);
  EXPECT_TRUE(ledger().entries.empty());
  EXPECT_EQ(TrustedHead(*careful), std::nullopt);
}

TEST_F(SafeCallsTest, AHeadGivenFromElsewhereIsTheFirstTrustedOne) {
  world.options.first_contact = FirstContact::kRefuse;
  const std::string value = Text(EncodeContent(1, AsBytes("value")));
  ledger().Append("key", value);
  world.options.initial_head = ledger().Head();
  ledger().Append("key", value);
  EXPECT_TRUE(SafeGet(*world.NewClient(), "key"));

  World forged;
  forged.options.first_contact = FirstContact::kRefuse;
  forged.options.initial_head = world.options.initial_head;
  forged.server->ledger.Append("key", "another value");
  forged.server->ledger.Append("key", value);
  const auto read = SafeGet(*forged.NewClient(), "key");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kTampered);
}

TEST_F(SafeCallsTest, AGivenHeadThatContradictsTheKeptOneIsTampering) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  ASSERT_TRUE(SafeSet(*client, "key", "value 2"));
  world.options.initial_head = TreeHead{TreeSize{1}, {}};
  const auto read = SafeGet(*world.NewClient(), "key");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kTampered);
  world.options.initial_head->root = ledger().leaves[0];
  EXPECT_TRUE(SafeGet(*world.NewClient(), "key"));
}

TEST_F(SafeCallsTest, AReferenceIsProvenThroughBothEntries) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  Answer<VerifiedWrite> referred;
  client->SafeReference({.name = Bytes{'r'}, .key = Bytes{'k', 'e', 'y'}, .index = {}}, {},
                        referred.callback());
  ASSERT_TRUE(referred.get()) << referred.get().error().message;
  const auto read = SafeGet(*client, "r");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Text(read->item.key), "key");
  EXPECT_EQ(Text(read->item.value), "value");
  ASSERT_TRUE(read->reference.has_value());
  EXPECT_EQ(read->reference->index.value, 1U);
  EXPECT_EQ(read->reference->leaf, referred.get()->leaf);
}

TEST_F(SafeCallsTest, AReferenceThatWasChangedWhileItWasReadRaisesNoAlarm) {
  ASSERT_TRUE(SafeSet(*client, "one", "1"));
  ASSERT_TRUE(SafeSet(*client, "two", "2"));
  const auto target = [](std::string_view key) {
    return Text(proof::EncodeTarget({AsBytes(key), std::nullopt}));
  };
  ledger().Append("r", target("one"), true);
  world.server->lie = [&](const std::string& method, const RpcReply&) {
    if (method != "SafeGet") return;
    for (int i = 0; i < 150; ++i) ledger().Append("r", target("two"), true);
  };
  const auto read = SafeGet(*client, "r");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Text(read->item.value), "1");
  EXPECT_EQ(read->reference->index.value, 2U);
}

TEST_F(SafeCallsTest, ReferencesAndSetEntriesWithAPinnedIndexAreProvenAsTheyAreStored) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  Answer<VerifiedWrite> referred;
  client->SafeReference({.name = Bytes{'r'}, .key = Bytes{'k', 'e', 'y'}, .index = LeafIndex{0}},
                        {}, referred.callback());
  EXPECT_TRUE(referred.get()) << referred.get().error().message;
  Answer<VerifiedWrite> member;
  client->SafeZAdd({.set = Bytes{'s'}, .score = -1.5, .key = Bytes{'k', 'e', 'y'}, .index = {}}, {},
                   member.callback());
  EXPECT_TRUE(member.get()) << member.get().error().message;
}

TEST_F(SafeCallsTest, AReadByIndexIsOfThatIndex) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  Answer<VerifiedItem> read;
  client->SafeByIndex(LeafIndex{0}, {}, read.callback());
  ASSERT_TRUE(read.get());
  EXPECT_EQ(read.get()->item.index.value, 0U);
  world.server->lie = [&](const std::string&, RpcReply& reply) {
    world.server->lie = nullptr;
    Answer<VerifiedItem> honest;
    Rpc rpc{.method = "BySafeIndex",
            .request = EncodeSafeIndex(LeafIndex{1}, LeafIndex{1}),
            .token = {},
            .timeout = {}};
    reply.body = world.server->AnswerNow(rpc).body;
  };
  ExpectLie([&] {
    Answer<VerifiedItem> answer;
    client->SafeByIndex(LeafIndex{0}, {}, answer.callback());
    return answer.get();
  });
}

TEST_F(SafeCallsTest, AnotherKeysGenuineEntryIsALie) {
  ASSERT_TRUE(SafeSet(*client, "alice", "rich"));
  ASSERT_TRUE(SafeSet(*client, "bob", "poor"));
  world.server->lie = [&](const std::string& method, RpcReply& reply) {
    if (method != "SafeGet") return;
    Rpc rpc{.method = "SafeGet",
            .request = EncodeSafeGet(AsBytes("bob"), LeafIndex{1}),
            .token = {},
            .timeout = {}};
    reply.body = world.server->AnswerNow(rpc).body;
  };
  ExpectLie([&] { return SafeGet(*client, "alice"); });
}

TEST_F(SafeCallsTest, AWriteAnsweredWithAnOlderEntryIsALie) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));  // The clock stands still: the bytes are the same.
  ASSERT_TRUE(SafeSet(*client, "other", "value"));
  Bytes old;
  world.server->lie = [&](const std::string& method, RpcReply& reply) {
    if (method != "SafeSet") return;
    Rpc rpc{.method = "BySafeIndex",
            .request = EncodeSafeIndex(LeafIndex{0}, LeafIndex{1}),
            .token = {},
            .timeout = {}};
    schema::SafeItem item;
    const Bytes body = world.server->AnswerNow(rpc).body;
    ASSERT_TRUE(item.ParseFromArray(body.data(), static_cast<int>(body.size())));
    const std::string proof = item.proof().SerializeAsString();
    reply.body.assign(proof.begin(), proof.end());
  };
  ExpectLie([&] { return SafeSet(*client, "key", "value"); });
}

TEST_F(SafeCallsTest, ARollbackIsALieHoweverItIsTold) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const FakeLedger backup = ledger();
  ASSERT_TRUE(SafeSet(*client, "key", "value 2"));
  ledger() = backup;
  ExpectLie([&] { return SafeGet(*client, "key"); });
  ExpectLie([&] { return SafeGet(*world.NewClient(), "key"); });
  ExpectLie([&] { return SafeSet(*world.NewClient(), "key", "value 3"); });
  ExpectLie([&] {
    Answer<SignedHead> root;
    world.NewClient()->SafeCurrentRoot({}, root.callback());
    return root.get();
  });
  // The same, told by a server that does not look at the trusted index.
  world.server->checks_since = false;
  ExpectLie([&] { return SafeGet(*world.NewClient(), "key"); });
}

TEST_F(SafeCallsTest, ARewrittenHistoryIsALieToWhoeverKnowsTheOldOne) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  ASSERT_TRUE(SafeSet(*client, "other", "value"));
  FakeLedger forged;
  forged.Append("key", "forged");
  forged.Append("other", "value");
  ledger() = forged;
  ExpectLie([&] { return SafeGet(*client, "key"); });
  ExpectLie([&] { return SafeGet(*client, "other"); });
  ledger().Append("more", "value");
  ExpectLie([&] { return SafeGet(*client, "more"); });
  ExpectLie([&] { return SafeSet(*client, "key", "value"); });
  ExpectLie([&] {
    Answer<SignedHead> root;
    client->SafeCurrentRoot({}, root.callback());
    return root.get();
  });
  EXPECT_TRUE(world.reports.front().trusted.has_value());
  EXPECT_TRUE(world.reports.front().claimed.has_value());
}

TEST_F(SafeCallsTest, NoSingleByteChangeOfAnAnswerIsBelieved) {
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(SafeSet(*client, "key", "value"));
  for (int i = 0; i < 5; ++i) ledger().Append("other", "value");
  ledger().Append("r", Text(proof::EncodeTarget({AsBytes("key"), std::nullopt})), true);
  for (const std::string_view key : {"key", "r"}) {
    for (const std::string method : {"SafeGet", "BySafeIndex"}) {
      std::size_t size = 1;
      for (std::size_t at = 0; at < size; ++at) {
        for (int bit = 0; bit < 8; ++bit) {
          bool changed = false;
          world.server->lie = [&](const std::string& called, RpcReply& reply) {
            if (called != method || changed) return;
            size = reply.body.size();
            reply.body[at] ^= static_cast<std::uint8_t>(1 << bit);
            changed = true;
          };
          const std::optional<TreeHead> before = TrustedHead(*world.NewClient());
          const auto read = SafeGet(*world.NewClient(), key);
          if (!changed) break;  // Plain entries are proven with one call.
          if (!read) {
            EXPECT_EQ(TrustedHead(*world.NewClient()), before);
            ++refused_;
            continue;
          }
          // Two sizes can have the very same paths: docs/proofs.md, "Size alone". The entry and
          // the root are right even then, and the server has convicted itself.
          ++believed_;
          EXPECT_EQ(Text(read->item.value), "value") << key << method << at << ',' << bit;
          EXPECT_EQ(Text(read->item.key), "key");
          EXPECT_EQ(read->item.index.value, 5U);
          EXPECT_EQ(read->head.root, ledger().Head().root);
          EXPECT_NE(read->head.size, ledger().Head().size);
        }
      }
    }
  }
  EXPECT_GT(refused_, 1000);
  EXPECT_LE(believed_, 1);
}

TEST_F(SafeCallsTest, TwoThreadsShownTwoHistoriesAreAnAlarm) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const FakeLedger common = ledger();
  world.server->holds = true;
  Answer<VerifiedItem> first;
  Answer<VerifiedItem> second;
  ledger().Append("key", "one history");
  client->SafeGet(AsBytes("key"), {.form = ValueForm::kRaw, .deadline = {}}, first.callback());
  ledger() = common;
  ledger().Append("key", "another history");
  ledger().Append("key", "another history");
  client->SafeGet(AsBytes("key"), {.form = ValueForm::kRaw, .deadline = {}}, second.callback());
  world.server->holds = false;
  world.server->Release();
  ASSERT_TRUE(first.is_there());
  EXPECT_TRUE(first.get());
  EXPECT_EQ(CodeOf(second.get()), Code::kTampered);
  EXPECT_EQ(world.reports.size(), 1U);
}

TEST_F(SafeCallsTest, AnswersInAnyOrderRaiseNoAlarm) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  for (int order = 0; order < 2; ++order) {
    world.server->holds = true;
    std::array<Answer<VerifiedWrite>, 5> writes;
    for (auto& write : writes) {
      client->SafeSet(AsBytes("key"), AsBytes("value"), {}, write.callback());
    }
    world.server->holds = false;
    if (order == 1) std::reverse(world.server->held.begin(), world.server->held.end());
    world.server->Release();
    for (auto& write : writes) {
      ASSERT_TRUE(write.is_there());
      EXPECT_TRUE(write.get()) << write.get().error().message;
    }
    EXPECT_EQ(TrustedHead(*client), ledger().Head());
    EXPECT_EQ(TrustedHead(*world.NewClient()), ledger().Head());
  }
}

TEST_F(SafeCallsTest, TwoProcessesShareOneStateAndNoticeTwoHistories) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const auto other = world.NewClient();
  ASSERT_TRUE(SafeGet(*other, "key"));
  const FakeLedger common = ledger();
  ASSERT_TRUE(SafeSet(*client, "key", "value 2"));
  ASSERT_TRUE(SafeSet(*other, "key", "value 3"));  // Its own state is older than the kept one.
  ASSERT_TRUE(SafeSet(*client, "key", "value 4"));

  ledger() = common;
  for (int i = 0; i < 5; ++i) ledger().Append("key", "another history");
  // This process has seen nothing since the fork; the kept state has.
  const auto late = world.NewClient();
  EXPECT_EQ(CodeOf(SafeGet(*late, "key")), Code::kTampered);
  EXPECT_EQ(TrustedHead(*world.NewClient())->size.value, 4U);
}

TEST_F(SafeCallsTest, ADamagedStateFileIsAnErrorAndNothingIsWritten) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const std::string path = "/state/" + TrustFileName({"server", "defaultdb"}) + ".state";
  ASSERT_TRUE(io::ReplaceFile(*world.files, path, AsBytes("")));
  EXPECT_EQ(CodeOf(SafeSet(*world.NewClient(), "key", "value")), Code::kCorrupted);
  EXPECT_EQ(ledger().entries.size(), 1U);
}

TEST_F(SafeCallsTest, AWriteWhoseStateCannotBeKeptSaysThatItWasWritten) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  world.files->FailAt(world.files->operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  const auto written = SafeSet(*client, "key", "value 2");
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Code::kExhausted);
  EXPECT_NE(written.error().message.find("entry 1 was written"), std::string::npos);
  world.files->ClearFaults();
  EXPECT_TRUE(SafeGet(*client, "key"));
  EXPECT_EQ(TrustedHead(*world.NewClient())->size.value, 2U);
}

}  // namespace
}  // namespace immudb::client
