// The table of rights in tests/data/rights.txt, which is written by hand, against the service.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <array>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "api/messages.h"
#include "api/methods.h"
#include "api/testing/service_fixture.h"

namespace immudb::api {
namespace {

enum Role : std::size_t {
  kStranger,
  kNone,
  kReader,
  kWriter,
  kAdmin,
  kSystem,
  kSuperadmin,
  kRoles
};
constexpr std::array<const char*, kRoles> kRoleNames = {"stranger", "none",   "reader", "writer",
                                                        "admin",    "system", "immudb"};
constexpr std::array<std::uint32_t, kRoles> kCodes = {0, 0, 1, 2, 254, 255, 0};

struct Row {
  std::string call;
  std::string about;
  std::array<bool, kRoles> may{};
};

std::vector<Row> ReadTable() {
  std::ifstream file(IMMUDB_SOURCE_DIR "/tests/data/rights.txt");
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    Row row;
    words >> row.call >> row.about;
    for (bool& may : row.may) {
      std::string word;
      words >> word;
      EXPECT_TRUE(word == "yes" || word == "-") << line;
      may = word == "yes";
    }
    rows.push_back(row);
  }
  return rows;
}

// Every way of the service to say that the caller lacks a right.
bool IsWantOfRight(const rpc::RpcStatus& status) {
  static const std::set<std::string> texts = {
      "please login first",
      "please login",
      "Please login",
      "invalid token",
      "no Authorization header found on request",
      "could not get loggedin user data",
      "please select a database first",
      "you do not have permission for this operation",
      "Logged In user does not have permissions for this operation",
      "you do not have permission on this database",
      "user is not system admin nor admin in any of the databases",
      "Logged in user does not have permission on this database",
      "this database can not be selected",
      "this database can not be assigned",
      "database systemdb does not exist",
      "changing your own status is not allowed",
      "old password is incorrect"};
  return texts.contains(status.message) ||
         status.message.ends_with("was not found or it was not created by you") ||
         status.message.ends_with("was not created by you");
}

class RightsTableTest : public ServiceFixture {
 protected:
  void SetUp() override {
    StartService();
    ASSERT_TRUE(catalog_->CreateDatabase("own"));
    ASSERT_TRUE(catalog_->CreateDatabase("other"));
    for (std::size_t role = kNone; role < kSuperadmin; ++role) {
      std::vector<auth::Grant> grants;
      if (kCodes[role] != 0) grants = {{.database = "own", .code = kCodes[role]}};
      AddUser(kRoleNames[role], "immudb", grants);
    }
  }

  void AddUser(const std::string& name, const std::string& creator,
               std::vector<auth::Grant> grants) {
    auth::User user;
    user.name = name;
    user.created_by = creator;
    user.grants = std::move(grants);
    user.verifier = verifier_;
    ASSERT_TRUE(users_->Create(user));
  }

  // A token of `role` that works on the database of the line, however it came by it.
  rpc::Metadata TokenOf(std::size_t role, const std::string& about) {
    if (role == kStranger) return {};
    std::string database = about;
    if (about == "system") database = "systemdb";
    if (about == "any") database = "own";
    const auto token = sessions_->Open(*users_->Find(kRoleNames[role]), database).value();
    return {{"authorization", token}};
  }

  // A user on whom nobody acted yet, with a right on the database of the line, created by the
  // caller.
  std::string Target(std::size_t role, const std::string& about) {
    if (about == "system") return "immudb";
    std::string name = "target" + std::to_string(targets_++);
    AddUser(name, kRoleNames[role], {{.database = about, .code = 1}});
    return name;
  }

  Bytes RequestFor(std::size_t role, const Row& row) {
    const std::string database = row.about == "system" ? "systemdb" : row.about;
    if (row.call == "UseDatabase" || row.call == "CreateDatabase") {
      schema::Database request;
      request.set_databasename(row.call == "UseDatabase" ? database
                                                         : "new" + std::to_string(targets_++));
      return EncodeMessage(request);
    }
    if (row.call == "CreateUser") {
      schema::CreateUserRequest request;
      request.set_user("new" + std::to_string(targets_++));
      request.set_password("Passw0rd!");
      request.set_permission(1);
      request.set_database(database);
      return EncodeMessage(request);
    }
    if (row.call == "ChangePassword") {
      schema::ChangePasswordRequest request;
      request.set_user(Target(role, row.about));
      request.set_oldpassword("immudb");
      request.set_newpassword("immudb");
      if (row.about != "system") request.set_newpassword("Passw0rd!");
      return EncodeMessage(request);
    }
    if (row.call == "ChangePermission") {
      schema::ChangePermissionRequest request;
      request.set_username(Target(role, row.about == "system" ? "own" : row.about));
      request.set_permission(2);
      request.set_database(database);
      return EncodeMessage(request);
    }
    if (row.call == "SetActiveUser") {
      schema::SetActiveUserRequest request;
      request.set_username(Target(role, row.about));
      return EncodeMessage(request);
    }
    return {};
  }

  const std::string verifier_ = hasher_.Hash("Passw0rd!").value();
  int targets_ = 0;
};

TEST_F(RightsTableTest, EveryCallOfTheSchemaStandsInTheTable) {
  std::map<std::string, std::set<std::string>> about;
  for (const Row& row : ReadTable()) {
    EXPECT_TRUE(about[row.call].insert(row.about).second) << row.call << " " << row.about;
  }
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string(kServiceName));
  EXPECT_EQ(about.size(), static_cast<std::size_t>(service->method_count()));
  for (int i = 0; i < service->method_count(); ++i) {
    const std::set<std::string>& lines = about[service->method(i)->name()];
    EXPECT_TRUE(lines == std::set<std::string>{"any"} ||
                lines == (std::set<std::string>{"own", "other", "system"}))
        << service->method(i)->name();
  }
}

TEST_F(RightsTableTest, EveryCallIsOpenToThoseAndOnlyThoseWhomTheTableNames) {
  std::set<std::string_view> served;
  for (const MethodRow& row : MethodTable()) served.insert(row.name);
  for (const Row& row : ReadTable()) {
    if (!served.contains(row.call)) continue;
    for (std::size_t role = kStranger; role < kRoles; ++role) {
      const FakeAnswer answer = Call({.path = Path(row.call),
                                      .message = RequestFor(role, row),
                                      .metadata = TokenOf(role, row.about)});
      EXPECT_EQ(!IsWantOfRight(answer.status), row.may[role])
          << row.call << " " << row.about << " " << kRoleNames[role] << ": "
          << answer.status.message;
    }
  }
}

}  // namespace
}  // namespace immudb::api
