#include "api/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "api/methods.h"
#include "api/testing/service_fixture.h"
#include "base/hex.h"
#include "immudb/verify.h"

namespace immudb::api {
namespace {

using rpc::StatusCode;
using testing::HasSubstr;

class ServiceTest : public ServiceFixture {
 protected:
  void SetUp() override { StartService(); }

  static FakeRequest LoginRequest(const std::string& user, const std::string& password,
                                  rpc::Peer peer = {
                                      .address = "127.0.0.1", .port = 4711, .is_loopback = true}) {
    schema::LoginRequest request;
    request.set_user(user);
    request.set_password(password);
    return {.path = Path("Login"), .message = Encoded(request), .peer = std::move(peer)};
  }
  static rpc::Peer FarPeer(std::string address = "192.0.2.1") {
    return {.address = std::move(address), .port = 4711, .is_loopback = false};
  }

  FakeRequest Request(std::string_view method, std::string_view hex, const std::string& token) {
    return {.path = Path(method),
            .message = FromHex(hex).value(),
            .metadata = {{"authorization", "Bearer " + token}}};
  }

  nlohmann::json LastEvent() {
    return nlohmann::json::parse(engine_.state("/data/systemdb").entries.back().value);
  }
};

TEST_F(ServiceTest, OnlyHealthAndLoginAreOpenToStrangers) {
  std::set<std::string_view> open;
  for (const MethodRow& row : MethodTable()) {
    if (row.need == Need::kNothing) {
      open.insert(row.name);
      continue;
    }
    const FakeAnswer answer = Call({.path = Path(row.name), .message = {}});
    EXPECT_FALSE(answer.status.ok()) << row.name;
    EXPECT_THAT(answer.status.message,
                testing::AnyOf("please login first", "please login", "Please login",
                               "no Authorization header found on request",
                               "username can not be empty", "could not get loggedin user data"))
        << row.name;
  }
  EXPECT_EQ(open, (std::set<std::string_view>{"Health", "Login"}));
}

TEST_F(ServiceTest, EveryRowIsACallOfTheSchema) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string(kServiceName));
  for (const MethodRow& row : MethodTable()) {
    const auto* method = service->FindMethodByName(std::string(row.name));
    ASSERT_NE(method, nullptr) << row.name;
    EXPECT_EQ(method->server_streaming(), row.kind == rpc::MethodKind::kServerStream) << row.name;
  }
  EXPECT_EQ(service->method_count(), 49);
}

TEST_F(ServiceTest, RightsOpenWhatTheTableSays) {
  AddUser("none", {});
  AddUser("reader", {{.database = "defaultdb", .code = 1}});
  AddUser("writer", {{.database = "defaultdb", .code = 2}});
  AddUser("admin", {{.database = "defaultdb", .code = 254}});
  AddUser("stranger", {{.database = "other", .code = 254}});
  const std::string refusal = "you do not have permission for this operation";
  for (const char* name : {"none", "reader", "writer", "admin", "stranger", "immudb"}) {
    const std::string user = name;
    const std::string token = LogIn(user, user == "immudb" ? "immudb" : "Passw0rd!");
    for (const MethodRow& row : MethodTable()) {
      if (row.need != Need::kRead && row.need != Need::kWrite) continue;
      const bool writes = user == "writer" || user == "admin" || user == "immudb";
      const bool may = writes || (user == "reader" && row.need == Need::kRead);
      const FakeAnswer answer = Call(Request(row.name, "", token));
      EXPECT_EQ(answer.status.message != refusal, may) << user << " " << row.name;
      if (!may) {
        EXPECT_EQ(answer.status.code, StatusCode::kUnknown);
      }
    }
  }
}

TEST_F(ServiceTest, NoMethodEndsTheProcessWhateverItsRequestLacks) {
  const std::string token = LogIn("immudb", "immudb");
  for (const MethodRow& row : MethodTable()) {
    if (row.name == "Logout") continue;
    for (const char* hex : {"", "0a00", "1200", "0a001200", "0a020a00", "0a021200", "1a00", "0801",
                            "120b08ffffffffffffffffff01", "08ffffffffffffffffff01"}) {
      const auto caller = Begin(Request(row.name, hex, token));
      RunAll();
      ASSERT_TRUE(caller->answer()) << row.name << " " << hex;
      EXPECT_NE(caller->answer()->status.message, "the call was never answered") << row.name;
    }
  }
  EXPECT_EQ(Call(Request("SafeSet", "", token)).status.message, "invalid key");
  EXPECT_EQ(Call(Request("SafeSetSV", "", token)).status.code, StatusCode::kInvalidArgument);
}

TEST_F(ServiceTest, AFaultIsToldToStrangersTooAndWithoutTheServersHeader) {
  for (const MethodRow& row : MethodTable()) {
    if (row.kind == rpc::MethodKind::kServerStream) continue;  // See dump_test.cc.
    const FakeAnswer answer = Call({.path = Path(row.name), .message = {0xff}});
    EXPECT_EQ(answer.status.code, StatusCode::kInternal) << row.name;
    EXPECT_EQ(answer.status.message, "grpc: error unmarshalling request: unexpected EOF");
    EXPECT_FALSE(answer.has_initial_metadata);
  }
}

TEST_F(ServiceTest, TheServersIdentityIsInitialMetadata) {
  ASSERT_EQ(service_->initial_metadata().size(), 1u);
  EXPECT_EQ(service_->initial_metadata()[0].first, "immudb-uuid");
  EXPECT_EQ(service_->initial_metadata()[0].second, catalog_->server_id());
}

TEST_F(ServiceTest, OddPathsAreQuoted) {
  const FakeAnswer answer = Call({.path = "/a\"b\\c\x01\xc3", .message = {}});
  EXPECT_EQ(answer.status.code, StatusCode::kResourceExhausted);
  EXPECT_EQ(answer.status.message, R"(malformed method name: "/a\"b\\c\x01\xc3")");
}

TEST_F(ServiceTest, TheDefaultPasswordOpensFromThisMachineAndWarns) {
  const FakeAnswer near = Call(LoginRequest("immudb", "immudb"));
  schema::LoginResponse response;
  ASSERT_TRUE(response.ParseFromArray(near.reply.data(), static_cast<int>(near.reply.size())));
  EXPECT_EQ(response.warning(),
            "immudb user has the default password: please change it to ensure proper security");
  EXPECT_FALSE(response.token().empty());
  const FakeAnswer far = Call(LoginRequest("immudb", "immudb", FarPeer()));
  EXPECT_EQ(far.status.code, StatusCode::kPermissionDenied);
  EXPECT_THAT(far.status.message, HasSubstr("--allow-default-password"));
}

TEST_F(ServiceTest, EveryLoginAndLogoutIsInTheAuditTrail) {
  AddUser("alice", {{.database = "defaultdb", .code = 1}});
  const std::string token = LogIn("alice", "Passw0rd!");
  EXPECT_EQ(LastEvent()["event"], "login");
  EXPECT_EQ(LastEvent()["actor"], "alice");
  EXPECT_EQ(LastEvent()["address"], "127.0.0.1");
  EXPECT_TRUE(Call(Request("Logout", "", token)).status.ok());
  EXPECT_EQ(LastEvent()["event"], "logout");
  EXPECT_EQ(LastEvent()["actor"], "alice");
}

TEST_F(ServiceTest, FailedLoginsAreRecordedOnceTheirMinuteIsOverAndWithoutUnknownNames) {
  EXPECT_FALSE(Call(LoginRequest("immudb", "wrong", FarPeer())).status.ok());
  EXPECT_FALSE(Call(LoginRequest("immudb", "wrong", FarPeer())).status.ok());
  EXPECT_FALSE(Call(LoginRequest("myP4ssword!", "immudb", FarPeer())).status.ok());
  const std::size_t before = engine_.state("/data/systemdb").entries.size();
  clock_.AdvanceMs(60'000);
  reads_->ElapseDelays();
  RunAll();
  const auto& entries = engine_.state("/data/systemdb").entries;
  ASSERT_EQ(entries.size(), before + 2);
  for (const Entry& entry : entries) {
    const std::string text(entry.value.begin(), entry.value.end());
    EXPECT_EQ(text.find("myP4ssword!"), std::string::npos);
    EXPECT_EQ(text.find("wrong\""), std::string::npos);
  }
  const auto known = nlohmann::json::parse(entries.back().value);
  EXPECT_EQ(known["actor"], "immudb");
  EXPECT_EQ(known["count"], 2);
}

TEST_F(ServiceTest, WithoutItsRecordNoActHappensButTheSuperadminFromThisMachine) {
  AddUser("alice", {{.database = "defaultdb", .code = 1}});
  const std::string token = LogIn("alice", "Passw0rd!");
  systemdb().RefuseWrites(Fail(Code::kExhausted, "disk full"));
  EXPECT_EQ(Call(LoginRequest("alice", "Passw0rd!")).status.code, StatusCode::kResourceExhausted);
  EXPECT_EQ(Call(Request("Logout", "", token)).status.code, StatusCode::kResourceExhausted);
  EXPECT_EQ(Call(Request("Get", "0a016b", token)).status.message, "Key not found");
  EXPECT_TRUE(Call(LoginRequest("immudb", "immudb")).status.ok());
}

TEST_F(ServiceTest, AGuesserIsToldToWaitWithoutAHash) {
  AddUser("alice", {{.database = "defaultdb", .code = 1}});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(Call(LoginRequest("alice", "wrong", FarPeer())).status.message,
              "invalid user name or password");
  }
  const auto caller = Begin(LoginRequest("alice", "Passw0rd!", FarPeer()));
  ASSERT_TRUE(caller->answer());
  EXPECT_EQ(caller->answer()->status.code, StatusCode::kResourceExhausted);
  EXPECT_EQ(caller->answer()->status.message, "too many failed logins; try again in 1 s");
  EXPECT_TRUE(Call(LoginRequest("alice", "Passw0rd!", FarPeer("192.0.2.2"))).status.ok());
}

TEST_F(ServiceTest, AnExpiredTokenIsToldInEachCallsWay) {
  const std::string token = LogIn("immudb", "immudb");
  clock_.AdvanceMs(3'600'001);
  const std::string text = "token has expired: token validation error";
  for (const auto& [method, code] : std::initializer_list<std::pair<const char*, StatusCode>>{
           {"Get", StatusCode::kPermissionDenied},
           {"UseDatabase", StatusCode::kPermissionDenied},
           {"ListUsers", StatusCode::kPermissionDenied},
           {"CreateUser", StatusCode::kPermissionDenied},
           {"ChangePassword", StatusCode::kPermissionDenied},
           {"ChangePermission", StatusCode::kPermissionDenied},
           {"CreateDatabase", StatusCode::kPermissionDenied},
           {"DatabaseList", StatusCode::kPermissionDenied},
           {"Logout", StatusCode::kUnknown}}) {
    const FakeAnswer answer = Call(Request(method, "", token));
    EXPECT_EQ(answer.status.code, code) << method;
    EXPECT_EQ(answer.status.message, text) << method;
  }
}

TEST_F(ServiceTest, WhoIsNotLoggedInMaySendSmallRequestsOnly) {
  const auto admission = [this](std::string_view method, const rpc::Metadata& metadata) {
    const auto found = service_->Find("/immudb.schema.ImmuService/" + std::string(method));
    return service_->Admit(std::get<rpc::Dispatcher::Method>(found), metadata, FarPeer());
  };
  constexpr std::size_t kSmall = rpc::Dispatcher::kSmallRequestBytes;
  EXPECT_EQ(admission("Login", {}).bytes_max, kSmall);
  EXPECT_EQ(admission("Login", {}).refusal.code, StatusCode::kResourceExhausted);
  EXPECT_EQ(admission("Set", {}).bytes_max, 0U);
  EXPECT_EQ(admission("Set", {}).refusal.message, "please login first");
  EXPECT_EQ(admission("Set", {{"authorization", "Bearer x"}}).bytes_max, 0U);
  const std::string token = LogIn("immudb", "immudb");
  EXPECT_GT(admission("Set", {{"authorization", "Bearer " + token}}).bytes_max, 64U << 20);
  clock_.AdvanceMs(3'600'001);
  EXPECT_EQ(admission("Set", {{"authorization", token}}).refusal.message,
            "token has expired: token validation error");
}

TEST_F(ServiceTest, LogoutEndsOneSessionOnly) {
  const std::string first = LogIn("immudb", "immudb");
  const std::string second = LogIn("immudb", "immudb");
  EXPECT_TRUE(Call(Request("Logout", "", first)).status.ok());
  EXPECT_EQ(Call(Request("Get", "0a016b", first)).status.message, "please login first");
  EXPECT_EQ(Call(Request("Get", "0a016b", second)).status.message, "Key not found");
}

TEST_F(ServiceTest, UseDatabaseAnswersAsRecordedForEachName) {
  AddUser("reader", {{.database = "defaultdb", .code = 1}});
  const std::string admin = LogIn("immudb", "immudb");
  const std::string reader = LogIn("reader", "Passw0rd!");
  const auto use = [this](std::string name, const std::string& token) {
    schema::Database request;
    request.set_databasename(std::move(name));
    return Call(Request("UseDatabase", ToHex(Encoded(request)), token)).status;
  };
  EXPECT_TRUE(use("defaultdb", admin).ok());
  EXPECT_TRUE(use("defaultdb", reader).ok());
  EXPECT_EQ(use("systemdb", admin).message, "this database can not be selected");
  EXPECT_EQ(use("systemdb", reader).code, StatusCode::kUnknown);
  EXPECT_EQ(use("db%s", admin).message, "db%s does not exist");
  EXPECT_EQ(use("db1", admin).code, StatusCode::kNotFound);
  EXPECT_EQ(use("db1", reader).message, "Logged in user does not have permission on this database");
  EXPECT_EQ(use("db1", reader).code, StatusCode::kPermissionDenied);
}

TEST_F(ServiceTest, AVerifiedWriteIsProvenInTheTreeThatItIsTheNewestLeafOf) {
  const std::string token = LogIn("immudb", "immudb");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const FakeAnswer answer = Call(Request("SafeSet", "0a060a016b120176", token));
    ASSERT_TRUE(answer.status.ok());
    schema::Proof proof;
    ASSERT_TRUE(proof.ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
    EXPECT_EQ(proof.index(), i);
    EXPECT_EQ(proof.at(), i);
    const TreeHead head = defaultdb().Head().value();
    EXPECT_EQ(proof.root(), std::string(head.root.begin(), head.root.end()));
  }
}

TEST_F(ServiceTest, AVerifiedWriteIsProvenAtItsOwnIndexWhateverCameAfterIt) {
  const std::string token = LogIn("immudb", "immudb");
  defaultdb().HoldCallbacks();
  std::vector<std::shared_ptr<FakeCaller>> writes;
  for (int i = 0; i < 5; ++i)
    writes.push_back(Begin(Request("SafeSet", "0a060a016b120176", token)));
  EXPECT_FALSE(writes.front()->answer());
  defaultdb().ReleaseCallbacks();
  for (std::uint64_t i = 0; i < writes.size(); ++i) {
    const Bytes reply = writes[i]->answer()->reply;
    schema::Proof proof;
    ASSERT_TRUE(proof.ParseFromArray(reply.data(), static_cast<int>(reply.size())));
    EXPECT_EQ(proof.index(), i);
    EXPECT_EQ(proof.at(), i);
  }
}

TEST_F(ServiceTest, AProofThatNeedsTheDiskIsMadeOnThePoolAndHoldsUpNoCommit) {
  const std::string token = LogIn("immudb", "immudb");
  defaultdb().EvictAll();
  const auto write = Begin(Request("SafeSet", "0a060a016b120176", token));
  EXPECT_FALSE(write->answer());
  EXPECT_EQ(reads_->pending(), 1u);
  RunAll();
  EXPECT_EQ(Parsed<schema::Proof>(write->answer()->reply).root().size(), 32u);
}

TEST_F(ServiceTest, OverloadIsRefusedAndNothingHoarded) {
  const std::string token = LogIn("immudb", "immudb");
  StopService();
  StartService({.version_text = "immudb 0.0.0", .reads_waiting_max = 4, .hashes_waiting_max = 1});
  const auto login = Begin(LoginRequest("immudb", "immudb"));
  const auto refused_login = Begin(LoginRequest("immudb", "immudb"));
  ASSERT_TRUE(refused_login->answer());
  EXPECT_EQ(refused_login->answer()->status.code, StatusCode::kResourceExhausted);
  RunAll();
  EXPECT_TRUE(login->answer()->status.ok());

  const std::string fresh = LogIn("immudb", "immudb");
  const auto first = Begin(Request("Get", "0a016b", fresh));
  const auto second = Begin(Request("ByIndex", "", fresh));
  const auto third = Begin(Request("Get", "0a016b", fresh));
  ASSERT_TRUE(third->answer());
  EXPECT_EQ(third->answer()->status.code, StatusCode::kResourceExhausted);
  EXPECT_FALSE(first->answer());
  RunAll();
  EXPECT_EQ(first->answer()->status.message, "Key not found");
  EXPECT_EQ(second->answer()->status.message, "index not found");
}

TEST_F(ServiceTest, NobodyWorksForAClientThatHasGone) {
  const std::string token = LogIn("immudb", "immudb");
  defaultdb().RefuseReads(Fail(Code::kCorrupted, "must not be asked"));
  const auto read = Begin(Request("Get", "0a016b", token));
  const auto login = Begin(LoginRequest("immudb", "wrong"));
  read->set_cancelled();
  login->set_cancelled();
  RunAll();
  EXPECT_EQ(read->answer()->status.code, StatusCode::kCancelled);
  EXPECT_EQ(login->answer()->status.code, StatusCode::kCancelled);
}

TEST_F(ServiceTest, AReplyThatIsTooLargeNamesTheLimit) {
  StopService();
  StartService({.version_text = "immudb 0.0.0", .reply_bytes_max = 1000});
  const std::string token = LogIn("immudb", "immudb");
  schema::KeyValue item;
  item.set_key("k");
  item.set_value(std::string(300, 'v'));
  ASSERT_TRUE(Call(Request("Set", ToHex(Encoded(item)), token)).status.ok());
  schema::KeyList keys;
  for (int i = 0; i < 3; ++i) keys.add_keys()->set_key("k");
  EXPECT_TRUE(Call(Request("GetBatch", ToHex(Encoded(keys)), token)).status.ok());
  keys.add_keys()->set_key("k");
  const FakeAnswer answer = Call(Request("GetBatch", ToHex(Encoded(keys)), token));
  EXPECT_EQ(answer.status.code, StatusCode::kResourceExhausted);
  EXPECT_THAT(answer.status.message, HasSubstr("1000 bytes"));
}

TEST_F(ServiceTest, ALongGetBatchTakesTurns) {
  const std::string token = LogIn("immudb", "immudb");
  ASSERT_TRUE(Call(Request("Set", "0a016b120176", token)).status.ok());
  schema::KeyList keys;
  for (int i = 0; i < 1000; ++i) keys.add_keys()->set_key("k");
  const auto batch = Begin(Request("GetBatch", ToHex(Encoded(keys)), token));
  const auto other = Begin(Request("Get", "0a016b", token));
  ASSERT_TRUE(reads_->RunOne());
  EXPECT_FALSE(batch->answer());
  ASSERT_TRUE(reads_->RunOne());
  EXPECT_TRUE(other->answer());
  RunAll();
  schema::ItemList list;
  const Bytes reply = batch->answer()->reply;
  ASSERT_TRUE(list.ParseFromArray(reply.data(), static_cast<int>(reply.size())));
  EXPECT_EQ(list.items_size(), 1000);
}

TEST_F(ServiceTest, DamageIsToldWithTheTextThatClientsKnow) {
  const std::string token = LogIn("immudb", "immudb");
  defaultdb().RefuseReads(Fail(Code::kCorrupted, "entry 7 in /data/defaultdb/log"));
  for (const char* method : {"Get", "CurrentRoot", "ByIndex"}) {
    const FakeAnswer answer = Call(Request(method, "", token));
    EXPECT_EQ(answer.status.code, StatusCode::kDataLoss) << method;
    EXPECT_EQ(answer.status.message,
              "the database should be checked manually as we detected possible tampering");
  }
}

TEST_F(ServiceTest, HealthTellsWhetherReadsWork) {
  const auto health = [this] {
    const FakeAnswer answer = Call({.path = Path("Health"), .message = {}});
    EXPECT_TRUE(answer.status.ok());
    schema::HealthResponse response;
    EXPECT_TRUE(
        response.ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
    EXPECT_EQ(response.version(), "immudb 0.0.0");
    return response.status();
  };
  EXPECT_TRUE(health());
  defaultdb().RefuseReads(Fail(Code::kIo, "no"));
  EXPECT_FALSE(health());
}

TEST_F(ServiceTest, TheCommonHealthServiceIsServedToo) {
  const auto check = [this](std::string_view hex) {
    return Call({.path = "/grpc.health.v1.Health/Check", .message = FromHex(hex).value()});
  };
  EXPECT_EQ(check("").reply, (Bytes{0x08, 0x01}));
  const std::string own(kServiceName);
  EXPECT_TRUE(check("0a19" + ToHex(AsBytes(own))).status.ok());
  EXPECT_EQ(check("0a0178").status.code, StatusCode::kNotFound);
  EXPECT_EQ(check("0a").status.code, StatusCode::kInternal);
  const auto watch = Begin({.path = "/grpc.health.v1.Health/Watch", .message = {}})->TakeStream();
  EXPECT_EQ(watch->Pull([] {}).message, (Bytes{0x08, 0x01}));
  service_->EndWatches();
  EXPECT_EQ(watch->Pull([] {}).message, (Bytes{0x08, 0x02}));
  EXPECT_EQ(watch->Pull([] {}).status.code, StatusCode::kUnavailable);
  EXPECT_EQ(Call({.path = "/grpc.health.v1.Health/Wait", .message = {}}).status.message,
            "unknown method Wait for service grpc.health.v1.Health");
}

TEST_F(ServiceTest, AStructuredReadOfAnotherValueTellsItsFault) {
  const std::string token = LogIn("immudb", "immudb");
  ASSERT_TRUE(Call(Request("Set", "0a016b120208ff", token)).status.ok());
  for (const auto& [method, hex] : std::initializer_list<std::pair<const char*, const char*>>{
           {"GetSV", "0a016b"}, {"SafeGetSV", "0a016b"}, {"GetBatchSV", "0a030a016b"}}) {
    const FakeAnswer answer = Call(Request(method, hex, token));
    EXPECT_EQ(answer.status.code, StatusCode::kUnknown) << method;
    EXPECT_EQ(answer.status.message, "unexpected EOF") << method;
  }
}

TEST_F(ServiceTest, UsersAndSessionsOfAFirstStartAreThereAfterIt) {
  EXPECT_EQ(LastEvent()["event"], "user created");
  EXPECT_EQ(LastEvent()["subject"], "immudb");
  auth::User user = *users_->Find("immudb");
  user.verifier = hasher_.Hash("another").value();
  ASSERT_TRUE(users_->Replace(user));
  const std::string token = LogIn("immudb", "another");
  StopService();
  StartService();
  EXPECT_EQ(engine_.state("/data/systemdb").entries.size(), 2u);
  EXPECT_FALSE(Call(LoginRequest("immudb", "immudb")).status.ok());
  EXPECT_EQ(Call(Request("Get", "0a016b", token)).status.message, "please login first");
  LogIn("immudb", "another");
}

TEST_F(ServiceTest, CallsAfterStopAreRefused) {
  const std::string token = LogIn("immudb", "immudb");
  service_->Stop();
  reads_ = nullptr;
  EXPECT_EQ(Begin(Request("Get", "0a016b", token))->answer()->status.code,
            StatusCode::kResourceExhausted);
  EXPECT_EQ(Begin(LoginRequest("immudb", "immudb"))->answer()->status.code,
            StatusCode::kResourceExhausted);
  service_.reset();
}

}  // namespace
}  // namespace immudb::api
