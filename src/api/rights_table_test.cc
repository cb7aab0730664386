// The table of rights in tests/data/rights.txt, which is written by hand, against the service.

#include "api/testing/rights_table.h"

#include <admin.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "api/messages.h"
#include "api/methods.h"
#include "api/testing/service_fixture.h"

namespace immudb::api {
namespace {

class RightsTableTest : public ServiceFixture {
 protected:
  void SetUp() override {
    StartService();
    ASSERT_TRUE(catalog_->CreateDatabase("own"));
    ASSERT_TRUE(catalog_->CreateDatabase("other"));
    for (std::size_t role = kNone; role < kSuperadmin; ++role) {
      std::vector<auth::Grant> grants;
      if (kRoleCodes[role] != 0) grants = {{.database = "own", .code = kRoleCodes[role]}};
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

  Bytes RequestFor(std::size_t role, const RightsRow& row) {
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
    if (row.call == "Snapshot") {
      admin::v1::SnapshotRequest request;
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

TEST_F(RightsTableTest, EveryCallThatIsServedStandsInTheTable) {
  std::map<std::string, std::set<std::string>> about;
  for (const RightsRow& row : ReadRightsTable()) {
    EXPECT_TRUE(about[row.call].insert(row.about).second) << row.call << " " << row.about;
  }
  EXPECT_EQ(about.size(), Service::Methods().size());
  for (const Service::ServedMethod& method : Service::Methods()) {
    const std::set<std::string>& lines = about[std::string(method.name)];
    EXPECT_TRUE(lines == std::set<std::string>{"any"} ||
                lines == (std::set<std::string>{"own", "other", "system"}))
        << method.name;
  }
}

TEST_F(RightsTableTest, EveryCallOfTheSchemaIsServed) {
  std::set<std::string_view> served;
  for (const Service::ServedMethod& method : Service::Methods()) served.insert(method.name);
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string(kServiceName));
  for (int i = 0; i < service->method_count(); ++i) {
    EXPECT_TRUE(served.contains(service->method(i)->name())) << service->method(i)->name();
  }
}

TEST_F(RightsTableTest, EveryCallIsOpenToThoseAndOnlyThoseWhomTheTableNames) {
  std::map<std::string_view, std::string> paths;
  for (const Service::ServedMethod& method : Service::Methods()) {
    paths[method.name] = Text("/{}/{}", method.service, method.name);
  }
  for (const RightsRow& row : ReadRightsTable()) {
    for (std::size_t role = kStranger; role < kRoles; ++role) {
      const FakeAnswer answer = Call({.path = paths.at(row.call),
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
