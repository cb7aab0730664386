// The calls of immudb.admin.v1.

#include <admin.pb.h>
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "api/methods.h"
#include "api/testing/ledger_fixture.h"
#include "crypto/seeded_random.h"
#include "immudb/verify.h"
#include "ledger/restore.h"

namespace immudb::api {
namespace {

class AdminCallsTest : public LedgerFixture {
 protected:
  FakeAnswer CallAdmin(const std::string& method, const google::protobuf::MessageLite& request,
                       const std::string& token) {
    return Call({.path = "/immudb.admin.v1.AdminService/" + method,
                 .message = Encoded(request),
                 .metadata = {{"authorization", token}}});
  }

  // The messages of a snapshot of `database`, read after `meanwhile` was done.
  std::vector<Bytes> Snapshot(
      const std::string& database, const std::function<void()>& meanwhile = [] {}) {
    admin::v1::SnapshotRequest request;
    request.set_database(database);
    const auto caller = Begin({.path = "/immudb.admin.v1.AdminService/Snapshot",
                               .message = Encoded(request),
                               .metadata = {{"authorization", token_}}});
    RunAll();
    caller->WaitForAnswer();
    const auto stream = caller->TakeStream();
    EXPECT_NE(stream, nullptr) << caller->answer()->status.message;
    meanwhile();
    std::vector<Bytes> messages;
    EXPECT_TRUE(stream == nullptr || ReadStream(*stream, messages).ok());
    return messages;
  }

  void Set(const std::string& key, const std::string& value) {
    schema::KeyValue request;
    request.set_key(key);
    request.set_value(value);
    const FakeAnswer answer = Call({.path = Path("Set"),
                                    .message = Encoded(request),
                                    .metadata = {{"authorization", token_}}});
    ASSERT_TRUE(answer.status.ok()) << answer.status.message;
  }

  void SetUp() override {
    StartService();
    token_ = LogIn("immudb", "immudb");
  }

  std::string token_;
  crypto::SeededRandom restore_random_{9};
};

TEST_F(AdminCallsTest, EveryRowIsACallOfTheServiceAndEachHasARow) {
  const auto* service = google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(
      std::string(kAdminServiceName));
  ASSERT_NE(service, nullptr);
  EXPECT_EQ(static_cast<std::size_t>(service->method_count()), AdminTable().size());
  for (const MethodRow& row : AdminTable()) {
    const auto* method = service->FindMethodByName(std::string(row.name));
    ASSERT_NE(method, nullptr) << row.name;
    EXPECT_EQ(method->server_streaming(), row.kind == rpc::MethodKind::kServerStream) << row.name;
  }
}

// The rights: the superadmin, and nobody else, whatever he may do on databases.
TEST_F(AdminCallsTest, OnlyTheSuperadminIsAnswered) {
  AddUser("administrator", {{.database = "defaultdb", .code = 254}});
  AddUser("reader", {{.database = "defaultdb", .code = 1}});
  for (const MethodRow& row : AdminTable()) {
    const std::string method(row.name);
    const google::protobuf::Empty empty;
    EXPECT_EQ(CallAdmin(method, empty, "").status.message, "please login first");
    for (const char* user : {"administrator", "reader"}) {
      const rpc::RpcStatus status = CallAdmin(method, empty, LogIn(user, "Passw0rd!")).status;
      EXPECT_EQ(status.code, rpc::StatusCode::kPermissionDenied) << method << " " << user;
    }
    EXPECT_TRUE(CallAdmin(method, empty, token_).status.ok()) << method;
  }
}

TEST_F(AdminCallsTest, EveryDatabaseIsListedWithItsState) {
  ASSERT_TRUE(catalog_->CreateDatabase("another"));
  Set("key", "value");
  const FakeAnswer answer = CallAdmin("Databases", google::protobuf::Empty(), token_);
  const auto states = Parsed<admin::v1::DatabaseStates>(answer.reply);
  ASSERT_EQ(states.databases_size(), 3);
  EXPECT_EQ(states.databases(0).name(), "defaultdb");
  EXPECT_EQ(states.databases(0).size(), 1u);
  EXPECT_EQ(states.databases(0).root().size(), 32u);
  EXPECT_TRUE(states.databases(0).is_open());
  EXPECT_TRUE(states.databases(0).accepts_writes());
  EXPECT_FALSE(states.databases(0).damaged());
  EXPECT_GT(states.databases(0).log_bytes(), 0u);
  EXPECT_EQ(states.databases(1).name(), "another");
  EXPECT_FALSE(states.databases(1).is_open());
  EXPECT_EQ(states.databases(2).name(), "systemdb");
  EXPECT_GT(states.databases(2).size(), 0u);
}

TEST_F(AdminCallsTest, TheAuditTrailIsReadInPagesThatLeadToItsRoot) {
  LogIn("immudb", "immudb");
  std::vector<admin::v1::AuditEntry> entries;
  std::uint64_t size = 1;
  while (entries.size() < size) {
    admin::v1::AuditRange range;
    range.set_first(entries.size());
    range.set_limit(1);
    const auto page = Parsed<admin::v1::AuditPage>(CallAdmin("AuditTrail", range, token_).reply);
    ASSERT_EQ(page.entries_size(), 1);
    EXPECT_EQ(page.entries(0).index(), entries.size());
    EXPECT_EQ(page.root().size(), 32u);
    entries.push_back(page.entries(0));
    size = page.size();
  }
  EXPECT_GE(entries.size(), 2u);
  EXPECT_THAT(entries.back().value(), testing::HasSubstr("\"event\":\"login\""));
  admin::v1::AuditRange beyond;
  beyond.set_first(size + 7);
  const auto none = Parsed<admin::v1::AuditPage>(CallAdmin("AuditTrail", beyond, token_).reply);
  EXPECT_EQ(none.entries_size(), 0);
  EXPECT_EQ(none.size(), size);
}

TEST_F(AdminCallsTest, ASnapshotCanBeRestoredAndIsInTheAuditTrail) {
  for (int i = 0; i < 20; i++) Set("key" + std::to_string(i), std::string(200'000, 'v'));
  const std::vector<Bytes> messages = Snapshot("", [this] { Set("later", "value"); });
  EXPECT_GT(messages.size(), 3u);
  const auto restoration =
      ledger::Restoration::Begin(files_, restore_random_, "/data/restored", nullptr);
  ASSERT_TRUE(restoration);
  for (const Bytes& message : messages) {
    EXPECT_LE(message.size(), 1u << 20);
    const auto piece = Parsed<admin::v1::SnapshotPiece>(message);
    ASSERT_TRUE((*restoration)->Write(AsBytes(piece.data())));
  }
  const auto restored = (*restoration)->Finish();
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_EQ(restored->head.size.value, 20u);

  const auto page =
      Parsed<admin::v1::AuditPage>(CallAdmin("AuditTrail", admin::v1::AuditRange(), token_).reply);
  const std::string event = page.entries(page.entries_size() - 1).value();
  EXPECT_THAT(event, testing::HasSubstr("\"event\":\"snapshot taken\""));
  EXPECT_THAT(event, testing::HasSubstr("@20\""));
}

TEST_F(AdminCallsTest, TheAuditTrailCanBeCopiedAndAnUnknownDatabaseCannot) {
  EXPECT_GE(Snapshot("systemdb").size(), 2u);
  admin::v1::SnapshotRequest request;
  request.set_database("none");
  EXPECT_EQ(CallAdmin("Snapshot", request, token_).status.code, rpc::StatusCode::kNotFound);
}

}  // namespace
}  // namespace immudb::api
