// Users, databases and settings: what 0.8.1 got wrong, and what must end when rights do. What it
// got right is in the recorded conversations.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "api/messages.h"
#include "api/testing/service_fixture.h"
#include "base/error.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;
using testing::HasSubstr;

const rpc::Peer kFarPeer = {.address = "192.0.2.1", .port = 4711};

class ManagementTest : public ServiceFixture {
 protected:
  void SetUp() override { StartService(); }

  static ServiceOptions Options() { return {.version_text = "immudb 0.0.0"}; }

  // Starts the service anew on the same data.
  void Restart(ServiceOptions options) {
    StopService();
    StartService(std::move(options));
  }

  FakeAnswer Send(std::string_view method, const google::protobuf::MessageLite& request,
                  const std::string& token, const rpc::Peer& peer = kNearPeer) {
    rpc::Metadata metadata;
    if (!token.empty()) metadata.emplace_back("authorization", "Bearer " + token);
    return Call({.path = Path(method),
                 .message = EncodeMessage(request),
                 .metadata = std::move(metadata),
                 .peer = peer});
  }
  FakeAnswer SendEmpty(std::string_view method, const std::string& token,
                       const rpc::Peer& peer = kNearPeer) {
    return Send(method, schema::Key(), token, peer);
  }

  FakeAnswer TryLogIn(const std::string& user, const std::string& password) {
    schema::LoginRequest request;
    request.set_user(user);
    request.set_password(password);
    return Send("Login", request, "");
  }
  std::string LogIn(const std::string& user, const std::string& password = "Passw0rd!") {
    const FakeAnswer answer = TryLogIn(user, password);
    EXPECT_TRUE(answer.status.ok()) << user << ": " << answer.status.message;
    schema::LoginResponse response;
    EXPECT_TRUE(
        response.ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
    return response.token();
  }
  std::string Use(const std::string& database, const std::string& token) {
    schema::Database request;
    request.set_databasename(database);
    const FakeAnswer answer = Send("UseDatabase", request, token);
    EXPECT_TRUE(answer.status.ok()) << database << ": " << answer.status.message;
    schema::UseDatabaseReply reply;
    EXPECT_TRUE(reply.ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
    return reply.token();
  }

  RpcStatus Create(const std::string& user, std::uint32_t code, const std::string& token,
                   const std::string& database = "defaultdb", const rpc::Peer& peer = kNearPeer) {
    schema::CreateUserRequest request;
    request.set_user(user);
    request.set_password("Passw0rd!");
    request.set_permission(code);
    request.set_database(database);
    return Send("CreateUser", request, token, peer).status;
  }
  RpcStatus SetPassword(const std::string& user, const std::string& old_password,
                        const std::string& new_password, const std::string& token,
                        const rpc::Peer& peer = kNearPeer) {
    schema::ChangePasswordRequest request;
    request.set_user(user);
    request.set_oldpassword(old_password);
    request.set_newpassword(new_password);
    return Send("ChangePassword", request, token, peer).status;
  }
  RpcStatus Permit(const std::string& user, std::uint32_t code, const std::string& token,
                   const std::string& database = "defaultdb", const rpc::Peer& peer = kNearPeer) {
    schema::ChangePermissionRequest request;
    request.set_username(user);
    request.set_database(database);
    request.set_permission(code);
    return Send("ChangePermission", request, token, peer).status;
  }
  RpcStatus Activate(const std::string& user, bool active, const std::string& token,
                     const rpc::Peer& peer = kNearPeer) {
    schema::SetActiveUserRequest request;
    request.set_username(user);
    request.set_active(active);
    return Send("SetActiveUser", request, token, peer).status;
  }
  RpcStatus NewDatabase(const std::string& name, const std::string& token) {
    schema::Database request;
    request.set_databasename(name);
    return Send("CreateDatabase", request, token).status;
  }
  schema::UserList List(const std::string& token) {
    const FakeAnswer answer = SendEmpty("ListUsers", token);
    EXPECT_TRUE(answer.status.ok()) << answer.status.message;
    schema::UserList list;
    EXPECT_TRUE(list.ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
    return list;
  }
  std::string GetText(const std::string& token) {
    schema::Key request;
    request.set_key("k");
    return Send("Get", request, token).status.message;
  }
  nlohmann::json LastEvent() {
    return nlohmann::json::parse(engine_.state("/data/systemdb").entries.back().value);
  }

  static inline const rpc::Peer kNearPeer = {
      .address = "127.0.0.1", .port = 4711, .is_loopback = true};
};

TEST_F(ManagementTest, AnAdministratorOfOneDatabaseNeverBecomesMore) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("admin", 254, root).ok());
  ASSERT_TRUE(Create("victim", 2, root).ok());
  const std::string admin = LogIn("admin");
  const std::string not_his = "user victim was not found or it was not created by you";
  EXPECT_EQ(SetPassword("victim", "", "Stolen1pw!", admin).message, not_his);
  EXPECT_TRUE(Permit("victim", 1, admin).ok());
  EXPECT_EQ(SetPassword("victim", "", "Stolen1pw!", admin).message, not_his);
  EXPECT_EQ(Activate("victim", false, admin).message, "victim was not created by you");
  EXPECT_EQ(Permit("immudb", 1, admin).code, StatusCode::kPermissionDenied);
  EXPECT_EQ(SetPassword("immudb", "Passw0rd!", "Stolen1pw!", admin).message,
            "old password is incorrect");
  EXPECT_EQ(Activate("immudb", false, admin).message, "immudb was not created by you");
  LogIn("immudb", "immudb");
  for (const std::shared_ptr<const auth::User>& user : users_->List()) {
    EXPECT_EQ(user->created_by, user->name == "immudb" ? "" : "immudb");
  }
}

TEST_F(ManagementTest, NobodyLearnsTheSuperadminsPasswordByChangingIt) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("admin", 254, root).ok());
  const std::string admin = LogIn("admin");
  EXPECT_EQ(SetPassword("immudb", "immudb", "Stolen1pw!", admin).message,
            "old password is incorrect");
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(SetPassword("immudb", "wrong", "Stolen1pw!", root).message,
              "old password is incorrect");
  }
  EXPECT_THAT(SetPassword("immudb", "wrong", "Stolen1pw!", root).message,
              HasSubstr("too many failed logins"));
}

TEST_F(ManagementTest, WhoGainedRightsElsewhereIsOutOfHisCreatorsReach) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("admin", 254, root).ok());
  const std::string admin = LogIn("admin");
  ASSERT_TRUE(Create("child", 1, admin).ok());
  EXPECT_TRUE(SetPassword("child", "", "Passw0rd?", admin).ok());
  ASSERT_TRUE(NewDatabase("secret", root).ok());
  ASSERT_TRUE(Permit("child", 1, root, "secret").ok());
  EXPECT_FALSE(SetPassword("child", "", "Stolen1pw!", admin).ok());
  EXPECT_FALSE(Activate("child", false, admin).ok());
}

TEST_F(ManagementTest, OnlyTheThreeCodesOfADatabaseAreGiven) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("admin", 254, root).ok());
  ASSERT_TRUE(Create("user", 1, root).ok());
  const std::string admin = LogIn("admin");
  for (const std::uint32_t code : {0u, 3u, 253u, 255u, 256u, 257u, 0xffffffffu}) {
    EXPECT_EQ(Permit("user", code, admin).message, "unrecognized permission") << code;
    EXPECT_EQ(Permit("user", code, root).message, "unrecognized permission") << code;
    EXPECT_FALSE(Create("other", code, root).ok()) << code;
  }
  EXPECT_EQ(Permit("user", 1, root, std::string(129, 'x')).code, StatusCode::kInvalidArgument);
}

TEST_F(ManagementTest, SessionsEndForGoodWithPasswordRightsAndActivity) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 2, root).ok());
  const std::string over = "please login first";
  std::vector<std::string> old = {LogIn("user")};
  EXPECT_EQ(GetText(old.back()), "Key not found");
  EXPECT_TRUE(Permit("user", 1, root).ok());
  EXPECT_EQ(GetText(old.back()), over);

  old.push_back(LogIn("user"));
  EXPECT_TRUE(SetPassword("user", "", "An0ther!!", root).ok());
  EXPECT_EQ(GetText(old.back()), over);

  old.push_back(LogIn("user", "An0ther!!"));
  EXPECT_TRUE(SendEmpty("Logout", old.back()).status.ok());
  EXPECT_EQ(GetText(old.back()), over);

  old.push_back(LogIn("user", "An0ther!!"));
  EXPECT_TRUE(Activate("user", false, root).ok());
  EXPECT_EQ(GetText(old.back()), over);
  EXPECT_EQ(TryLogIn("user", "An0ther!!").status.message, "user is not active");

  EXPECT_TRUE(Activate("user", true, root).ok());
  EXPECT_EQ(GetText(LogIn("user", "An0ther!!")), "Key not found");
  for (const std::string& token : old) EXPECT_EQ(GetText(token), over);
}

TEST_F(ManagementTest, ChangedPasswordsAreAsStrongAsNewOnes) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 2, root).ok());
  EXPECT_EQ(SetPassword("user", "", "x", root).code, StatusCode::kInvalidArgument);
  EXPECT_EQ(SetPassword("user", "", "immudb", root).code, StatusCode::kInvalidArgument);
  EXPECT_EQ(SetPassword("immudb", "immudb", "x", root).code, StatusCode::kInvalidArgument);
  EXPECT_TRUE(SetPassword("immudb", "immudb", "Passw0rd!", root).ok());
  const std::string again = LogIn("immudb");
  EXPECT_TRUE(SetPassword("immudb", "Passw0rd!", "immudb", again).ok());
}

TEST_F(ManagementTest, AnAdministratorSeesRightsOnHisDatabasesOnly) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(NewDatabase("secret", root).ok());
  ASSERT_TRUE(Create("admin", 254, root).ok());
  ASSERT_TRUE(Create("user", 1, root).ok());
  ASSERT_TRUE(Create("stranger", 1, root, "secret").ok());
  ASSERT_TRUE(Permit("user", 2, root, "secret").ok());
  const schema::UserList list = List(Use("defaultdb", LogIn("admin")));
  ASSERT_EQ(list.users_size(), 2);
  EXPECT_EQ(list.users(0).user(), "admin");
  EXPECT_EQ(list.users(1).user(), "user");
  ASSERT_EQ(list.users(1).permissions_size(), 1);
  EXPECT_EQ(list.users(1).permissions(0).database(), "defaultdb");
  EXPECT_EQ(List(root).users_size(), 4);
  // Without a selected database he sees himself; 0.8.1 ended its process here.
  EXPECT_EQ(List(LogIn("admin")).users_size(), 1);
}

TEST_F(ManagementTest, TimesAreWrittenAsGoWritesThem) {
  clock_.unix_us = 1'607'436'680'123'400;
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 1, root).ok());
  EXPECT_EQ(List(root).users(1).createdat(), "2020-12-08 14:11:20.1234 +0000 UTC");
  EXPECT_EQ(List(root).users(0).createdat(), "2020-09-13 12:26:40 +0000 UTC");
}

TEST_F(ManagementTest, PasswordsAndRightsAreNotSetInClearTextFromElsewhere) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 1, root).ok());
  const auto try_all = [&](const rpc::Peer& peer) {
    schema::MTLSConfig mtls;
    return std::vector<RpcStatus>{Create("late", 1, root, "defaultdb", peer),
                                  SetPassword("user", "", "Passw0rd?", root, peer),
                                  Permit("user", 2, root, "defaultdb", peer),
                                  Activate("user", true, root, peer),
                                  Send("UpdateMTLSConfig", mtls, root, peer).status};
  };
  for (const RpcStatus& status : try_all(kFarPeer)) {
    EXPECT_EQ(status.code, StatusCode::kPermissionDenied);
    EXPECT_THAT(status.message, HasSubstr("--allow-cleartext-management"));
  }
  rpc::Peer encrypted = kFarPeer;
  encrypted.is_encrypted = true;
  for (const RpcStatus& status : try_all(encrypted)) {
    EXPECT_NE(status.code, StatusCode::kPermissionDenied);
  }
}

TEST_F(ManagementTest, EveryActIsInTheAuditTrailWithoutSecrets) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 2, root).ok());
  EXPECT_EQ(LastEvent()["event"], "user created");
  EXPECT_EQ(LastEvent()["actor"], "immudb");
  EXPECT_EQ(LastEvent()["subject"], "user");
  EXPECT_EQ(LastEvent()["database"], "defaultdb");
  EXPECT_EQ(LastEvent()["permission"], 2);
  EXPECT_EQ(LastEvent()["address"], "127.0.0.1");
  ASSERT_TRUE(SetPassword("user", "", "S3cret!pw", root).ok());
  EXPECT_EQ(LastEvent()["event"], "password changed");
  ASSERT_TRUE(Permit("user", 1, root).ok());
  EXPECT_EQ(LastEvent()["event"], "permission granted");
  ASSERT_TRUE(Activate("user", false, root).ok());
  EXPECT_EQ(LastEvent()["event"], "user deactivated");
  ASSERT_TRUE(NewDatabase("db1", root).ok());
  EXPECT_EQ(LastEvent()["event"], "database created");
  EXPECT_EQ(LastEvent()["database"], "db1");
  for (const Entry& entry : engine_.state("/data/systemdb").entries) {
    const std::string text(entry.value.begin(), entry.value.end());
    EXPECT_EQ(text.find("S3cret"), std::string::npos);
    EXPECT_EQ(text.find("Passw0rd"), std::string::npos);
    EXPECT_EQ(text.find("$y$"), std::string::npos);
  }
}

TEST_F(ManagementTest, WithoutItsRecordNoActHappens) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(Create("user", 2, root).ok());
  systemdb().RefuseWrites(Fail(Code::kExhausted, "disk full"));
  EXPECT_EQ(Create("late", 1, root).code, StatusCode::kResourceExhausted);
  EXPECT_EQ(SetPassword("user", "", "Passw0rd?", root).code, StatusCode::kResourceExhausted);
  EXPECT_EQ(Permit("user", 1, root).code, StatusCode::kResourceExhausted);
  EXPECT_EQ(Activate("user", false, root).code, StatusCode::kResourceExhausted);
  EXPECT_EQ(NewDatabase("db1", root).code, StatusCode::kResourceExhausted);
  systemdb().RefuseWrites(std::nullopt);
  EXPECT_EQ(users_->Find("late"), nullptr);
  EXPECT_FALSE(catalog_->Contains("db1"));
  EXPECT_EQ(users_->Find("user")->PermissionFor("defaultdb"), 2u);
  LogIn("user");
}

TEST_F(ManagementTest, AnActThatFailsIsToldInTheAuditTrail) {
  const std::string root = LogIn("immudb", "immudb");
  files_.FailAt(files_.operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  EXPECT_EQ(Create("user", 2, root).code, StatusCode::kResourceExhausted);
  files_.ClearFaults();
  EXPECT_EQ(users_->Find("user"), nullptr);
  EXPECT_EQ(LastEvent()["event"], "user created");
  EXPECT_THAT(LastEvent()["reason"].get<std::string>(), HasSubstr("not done"));
}

TEST_F(ManagementTest, ADatabaseIsThereWithItsEntriesAfterARestart) {
  const std::string root = LogIn("immudb", "immudb");
  ASSERT_TRUE(NewDatabase("users", root).ok());  // A name that is also a file's.
  const std::string token = Use("users", root);
  schema::KeyValue item;
  item.set_key("k");
  item.set_value("v");
  EXPECT_TRUE(Send("Set", item, token).status.ok());
  EXPECT_EQ(GetText(root), "Key not found");
  Restart(Options());
  const std::string after = LogIn("immudb", "immudb");
  EXPECT_EQ(GetText(after), "please select a database first");
  EXPECT_EQ(GetText(Use("users", after)), "");
}

TEST_F(ManagementTest, WithoutLoginsOnlyThisMachineIsServed) {
  for (ServiceOptions options : {Options(), Options()}) {
    options.auth = false;
    Restart(options);
    EXPECT_EQ(GetText(""), "Key not found");
    EXPECT_TRUE(SendEmpty("Health", "").status.ok());
    EXPECT_EQ(SendEmpty("Health", "", kFarPeer).status.message,
              "server has authentication disabled: only local connections are accepted");
    options.auth = true;
    options.maintenance = true;
    Restart(options);
    EXPECT_EQ(GetText(""), "please select database first");
    EXPECT_EQ(SendEmpty("ListUsers", "", kFarPeer).status.code, StatusCode::kPermissionDenied);
    EXPECT_EQ(List("").users_size(), 1);
    options.dev_mode = true;
    Restart(options);
    EXPECT_TRUE(SendEmpty("ListUsers", "", kFarPeer).status.ok());
  }
}

TEST_F(ManagementTest, ASessionOfMaintenanceExpiresAndIsNobodys) {
  ServiceOptions options = Options();
  options.maintenance = true;
  Restart(options);
  const std::string token = Use("defaultdb", "");
  EXPECT_EQ(GetText(token), "Key not found");
  ASSERT_TRUE(Create("user", 1, "").ok());
  EXPECT_TRUE(Permit("user", 2, token).ok());
  EXPECT_EQ(users_->Find("user")->created_by, "");
  EXPECT_EQ(Activate("immudb", false, "").message, "changing your own status is not allowed");
  EXPECT_FALSE(Permit("immudb", 1, token).ok());
  clock_.AdvanceMs(3'600'001);
  EXPECT_EQ(GetText(token), "token has expired: token validation error");
}

TEST_F(ManagementTest, AuthenticationIsSwitchedAtOnceAndInTheFile) {
  std::vector<std::pair<std::string, bool>> stored;
  Status result;
  ServiceOptions options = Options();
  options.store_setting = [&](std::string_view option, bool value) {
    if (result) stored.emplace_back(option, value);
    return result;
  };
  Restart(options);
  const std::string root = LogIn("immudb", "immudb");
  schema::AuthConfig off;
  schema::AuthConfig on;
  schema::AuthConfig signature;
  on.set_kind(1);
  signature.set_kind(2);
  EXPECT_EQ(Send("UpdateAuthConfig", signature, root).status.code, StatusCode::kInvalidArgument);
  result = Fail(Code::kDenied, "/etc/immudb.toml is read-only");
  const RpcStatus refused = Send("UpdateAuthConfig", off, root).status;
  EXPECT_EQ(refused.message,
            "auth could not be set to false: the configuration file could not be "
            "changed");
  EXPECT_EQ(GetText(""), "please login first");
  result = {};
  EXPECT_TRUE(Send("UpdateAuthConfig", off, root).status.ok());
  EXPECT_EQ(GetText(""), "Key not found");
  EXPECT_TRUE(Send("UpdateAuthConfig", on, "").status.ok());
  EXPECT_EQ(GetText(""), "please login first");
  schema::MTLSConfig mtls;
  mtls.set_enabled(true);
  EXPECT_TRUE(Send("UpdateMTLSConfig", mtls, root).status.ok());
  EXPECT_EQ(LastEvent()["detail"], "mtls = true");
  EXPECT_EQ(stored, (std::vector<std::pair<std::string, bool>>{
                        {"auth", false}, {"auth", true}, {"mtls", true}}));
  ASSERT_TRUE(Create("user", 1, root).ok());
  EXPECT_EQ(Send("UpdateAuthConfig", off, root).status.code, StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace immudb::api
