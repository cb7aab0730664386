#include "client/core.h"

#include <gtest/gtest.h>

#include "client/testing/client_fixture.h"
#include "crypto/testing/test_key.h"

namespace immudb::client {
namespace {

class CoreTest : public testing::Test {
 protected:
  World world;
  std::unique_ptr<AsyncClient> client = world.NewClient();

  Result<LeafIndex> Set() {
    Answer<LeafIndex> answer;
    client->Set(AsBytes("key"), AsBytes("value"), {}, answer.callback());
    return answer.get();
  }
  Result<Item> Get() {
    Answer<Item> answer;
    client->Get(AsBytes("key"), {}, answer.callback());
    return answer.get();
  }
  void LogIn() {
    Answer<LoginReply> answer;
    client->Login("user", "password", {}, answer.callback());
    ASSERT_TRUE(answer.get());
  }
  void Use(const std::string& database) {
    Answer<void> answer;
    client->UseDatabase(database, {}, answer.callback());
    ASSERT_TRUE(answer.get());
  }
};

TEST_F(CoreTest, AReadIsRepeatedWithGrowingPausesUntilTheServerAnswers) {
  ASSERT_TRUE(Set());
  world.server->fault = WireCode::kUnavailable;
  world.server->faults = 3;
  EXPECT_TRUE(Get());
  ASSERT_EQ(world.executor->pauses.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::chrono::milliseconds least = world.options.retry.first_pause * (1 << i);
    EXPECT_GE(world.executor->pauses[i], least);
    EXPECT_LT(world.executor->pauses[i], 2 * least);
  }
}

TEST_F(CoreTest, AReadIsGivenUpAfterItsAttempts) {
  world.server->fault = WireCode::kUnavailable;
  world.server->faults = 100;
  EXPECT_EQ(CodeOf(Get()), Code::kUnavailable);
  EXPECT_EQ(world.server->Calls("Get"), world.options.retry.attempts_max);
}

TEST_F(CoreTest, AWriteIsSentOnceWhateverBecomesOfIt) {
  world.server->fault = WireCode::kUnavailable;
  world.server->faults = 1;
  EXPECT_EQ(CodeOf(Set()), Code::kUnavailable);
  EXPECT_EQ(CodeOf(SafeSet(*client, "key", "value")), std::nullopt);
  world.server->faults = 1;
  EXPECT_EQ(CodeOf(SafeSet(*client, "key", "value")), Code::kUnavailable);
  EXPECT_EQ(world.server->Calls("Set"), 1U);
  EXPECT_EQ(world.server->Calls("SafeSet"), 2U);
}

TEST_F(CoreTest, AnErrorThatStaysIsNotTriedAgain) {
  EXPECT_EQ(CodeOf(Get()), Code::kNotFound);
  EXPECT_EQ(world.server->Calls("Get"), 1U);
}

TEST_F(CoreTest, NothingIsSentAfterTheDeadline) {
  world.server->holds = true;
  Answer<Item> answer;
  client->Get(AsBytes("key"), {.form = ValueForm::kRaw, .deadline = std::chrono::milliseconds(5)},
              answer.callback());
  world.clock->AdvanceMs(5);
  world.server->holds = false;
  world.server->held.clear();
  // The held answer is dropped with its call, which nobody waits for.
  EXPECT_FALSE(answer.is_there());
  world.server->fault = WireCode::kUnavailable;
  world.server->faults = 1;
  world.options.deadline = std::chrono::milliseconds(0);
  Answer<Item> late;
  world.NewClient()->Get(AsBytes("key"), {}, late.callback());
  EXPECT_EQ(CodeOf(late.get()), Code::kUnavailable);
  EXPECT_EQ(world.server->Calls("Get"), 1U);
}

TEST_F(CoreTest, ASessionThatTheServerEndedIsRenewedInItsDatabase) {
  world.server->knows_sessions = true;
  LogIn();
  Use("db");
  ASSERT_TRUE(Set());
  const std::string before = client->session().token;
  world.server->EndSessions();
  EXPECT_TRUE(Set()) << "the server refuses before it writes, so a write is repeated too";
  EXPECT_EQ(client->session().database, "db");
  EXPECT_NE(client->session().token, before);
  EXPECT_EQ(world.server->ledger.entries.size(), 2U);
}

TEST_F(CoreTest, WithoutAPasswordInMemoryASessionThatEndedIsAnError) {
  world.options.renew_session = false;
  client = world.NewClient();
  world.server->knows_sessions = true;
  LogIn();
  ASSERT_TRUE(Set());
  world.server->EndSessions();
  EXPECT_EQ(CodeOf(Set()), Code::kUnauthenticated);
  EXPECT_EQ(world.server->Calls("Login"), 1U);
}

TEST_F(CoreTest, ManyCallsOfAnEndedSessionNeedOneLogin) {
  world.server->knows_sessions = true;
  LogIn();
  world.server->EndSessions();
  world.server->holds = true;
  std::array<Answer<LeafIndex>, 8> writes;
  for (auto& write : writes) client->Set(AsBytes("k"), AsBytes("v"), {}, write.callback());
  while (!world.server->held.empty()) world.server->Release();
  for (auto& write : writes) EXPECT_TRUE(write.get());
  EXPECT_EQ(world.server->Calls("Login"), 2U);
}

TEST_F(CoreTest, LogoutForgetsTheSession) {
  world.server->knows_sessions = true;
  LogIn();
  Answer<void> out;
  client->Logout({}, out.callback());
  EXPECT_EQ(CodeOf(out.get()), Code::kUnsupported) << "this server knows no Logout";
  world.server->EndSessions();
  EXPECT_EQ(CodeOf(Set()), Code::kUnauthenticated) << "and yet nothing renews the session";
}

TEST_F(CoreTest, EachDatabaseHasATrustedStateOfItsOwn) {
  LogIn();
  Use("one");
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  EXPECT_EQ(TrustedHead(*client)->size.value, 1U);
  world.server->ledger = {};  // The ledger of another database.
  Use("two");
  EXPECT_EQ(TrustedHead(*client), std::nullopt);
  EXPECT_TRUE(SafeSet(*client, "other", "value"));
  EXPECT_TRUE(world.reports.empty());
}

class PinnedKeyTest : public CoreTest {
 protected:
  PinnedKeyTest() {
    world.server->key = &key;
    world.options.first_contact = FirstContact::kRefuse;
    world.options.pinned_key = key.public_key();
    client = world.NewClient();
  }
  crypto::EcdsaPrivateKey key = *crypto::EcdsaPrivateKey::FromPem(crypto::kTestKeyPem);
};

TEST_F(PinnedKeyTest, StatesThatTheServerHasSignedAreTrustedFromTheFirst) {
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  const std::size_t before = world.server->Calls("CurrentRoot");
  EXPECT_TRUE(SafeGet(*client, "key"));
  EXPECT_EQ(world.server->Calls("CurrentRoot"), before) << "the newest state is signed already";
  EXPECT_TRUE(world.reports.empty());
}

TEST_F(PinnedKeyTest, AnAnswerBehindTheSignedStateIsLinkedToIt) {
  world.server->lie = [this](const std::string& method, const RpcReply&) {
    if (method == "SafeSet") world.server->ledger.Append("other", "value");
  };
  ASSERT_TRUE(SafeSet(*client, "key", "value"));
  EXPECT_EQ(TrustedHead(*client)->size.value, 2U);
  EXPECT_TRUE(SafeSet(*client, "key", "value"));
}

TEST_F(PinnedKeyTest, AStateThatIsNotSignedWithThePinnedKeyIsNoneToTrust) {
  world.server->key = nullptr;
  EXPECT_EQ(CodeOf(SafeSet(*client, "key", "value")), Code::kTampered);
  world.server->key = &key;
  world.options.pinned_key.back() ^= 1;
  EXPECT_EQ(CodeOf(SafeSet(*world.NewClient(), "key", "value")), Code::kTampered);
  EXPECT_EQ(TrustedHead(*world.NewClient()), std::nullopt);
  EXPECT_EQ(world.reports.size(), 2U);
}

TEST_F(PinnedKeyTest, ASignedStateOfAnotherHistoryIsALie) {
  FakeLedger other;
  other.Append("key", "forged");
  other.Append("key", "forged");
  world.server->lie = [&](const std::string& method, const RpcReply&) {
    if (method == "SafeSet") std::swap(world.server->ledger, other);
  };
  EXPECT_EQ(CodeOf(SafeSet(*client, "key", "value")), Code::kTampered);
  EXPECT_EQ(TrustedHead(*world.NewClient()), std::nullopt);
}

}  // namespace
}  // namespace immudb::client
