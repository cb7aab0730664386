#include "catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "catalog/testing/fake_engine.h"
#include "crypto/seeded_random.h"
#include "io/memory_file_system.h"

namespace immudb::catalog {
namespace {

using testing::HasSubstr;

class CatalogTest : public testing::Test {
 protected:
  Result<std::unique_ptr<Catalog>> Open() {
    return Catalog::Open({.files = files_, .engine = engine_, .random = random_, .clock = clock_},
                         "/srv/data");
  }
  // Opens, and completes a first start.
  std::unique_ptr<Catalog> Complete() {
    auto catalog = Open();
    EXPECT_TRUE(catalog) << catalog.error().message;
    if (!(*catalog)->users_file()) {
      EXPECT_TRUE((*catalog)->StoreUsers(AsBytes("users")));
    }
    return *std::move(catalog);
  }
  void CreateFile(const std::string& path, std::string_view content) {
    auto file = files_.Open(path, io::OpenMode::kCreateNew);
    ASSERT_TRUE(file) << file.error().message;
    ASSERT_TRUE((*file)->Write(0, AsBytes(content)));
    ASSERT_TRUE((*file)->Sync());
    ASSERT_TRUE(files_.SyncDirectory(io::ParentPath(path)));
  }
  Status Set(Ledger& ledger, std::string_view key) {
    WriteBatch batch;
    batch.Set(AsBytes(key), AsBytes("value"));
    auto result = ledger.Commit(std::move(batch));
    return result ? Status() : Status(result.error());
  }

  io::MemoryFileSystem files_;
  FakeEngine engine_{files_};
  crypto::SeededRandom random_{1};
  FakeClock clock_;
};

TEST_F(CatalogTest, AFirstStartMakesEverythingAndALaterOneFindsIt) {
  auto first = Complete();
  EXPECT_FALSE(first->users_file());
  EXPECT_EQ(first->server_id().size(), 20u);
  const std::string id = first->server_id();
  ASSERT_NE(first->Find("defaultdb"), nullptr);
  ASSERT_TRUE(Set(*first->Find("defaultdb"), "key"));
  EXPECT_TRUE(first->Close());
  first.reset();

  const auto second = Open();
  ASSERT_TRUE(second) << second.error().message;
  ASSERT_TRUE((*second)->users_file());
  EXPECT_EQ(*(*second)->users_file(), Bytes({'u', 's', 'e', 'r', 's'}));
  EXPECT_EQ((*second)->server_id(), id);
  EXPECT_TRUE((*second)->Find("defaultdb")->Get(AsBytes("key")));
}

TEST_F(CatalogTest, TheIdentityIsTwelveBytesInDefaultdb) {
  const auto catalog = Complete();
  const auto file = files_.ReadAll("/srv/data/defaultdb/immudb.identifier");
  ASSERT_TRUE(file);
  ASSERT_EQ(file->size(), 12u);
  ServerId id{};
  std::copy(file->begin(), file->end(), id.begin());
  EXPECT_EQ(catalog->server_id(), ServerIdText(id));
}

TEST_F(CatalogTest, ClientsNeverGetTheAuditTrail) {
  const auto catalog = Complete();
  EXPECT_EQ(catalog->Find("systemdb"), nullptr);
  EXPECT_EQ(catalog->Find("other"), nullptr);
  EXPECT_EQ(catalog->Find(""), nullptr);
  EXPECT_TRUE(catalog->audit_trail_is_empty());
  ASSERT_TRUE(catalog->audit().AppendAndWait({}));
  EXPECT_FALSE(catalog->audit_trail_is_empty());
  EXPECT_EQ(catalog->Find("defaultdb")->statistics().entries, 0u);
}

TEST_F(CatalogTest, ASecondProcessIsRefusedWithAClearText) {
  const auto first = Complete();
  const auto second = Open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kUnavailable);
  EXPECT_THAT(second.error().message, HasSubstr("/srv/data is in use by another process"));
}

TEST_F(CatalogTest, AFolderOfTheOriginalIsRefusedAndUntouched) {
  for (const char* name : {"MANIFEST", "KEYREGISTRY", "000000.vlog", "000001.sst"}) {
    for (const char* folder : {"/srv/data", "/srv/data/defaultdb", "/srv/data/db1"}) {
      io::MemoryFileSystem files;
      FakeEngine engine(files);
      ASSERT_TRUE(files.CreateDirectory("/srv"));
      ASSERT_TRUE(files.CreateDirectory("/srv/data"));
      ASSERT_TRUE(std::string_view(folder) == "/srv/data" || files.CreateDirectory(folder));
      ASSERT_TRUE(files.Open(io::JoinPath(folder, name), io::OpenMode::kCreateNew));
      const auto before = files.AllFiles("/srv");
      const auto opened = Catalog::Open(
          {.files = files, .engine = engine, .random = random_, .clock = clock_}, "/srv/data");
      ASSERT_FALSE(opened);
      EXPECT_EQ(opened.error().code, Code::kUnsupported);
      EXPECT_THAT(opened.error().message, HasSubstr("Migration"));
      EXPECT_THAT(opened.error().message, HasSubstr(name));
      EXPECT_EQ(files.AllFiles("/srv"), before);
    }
  }
}

TEST_F(CatalogTest, AnIdentifierOfAnotherLengthStopsTheStart) {
  Complete();
  ASSERT_TRUE(files_.Remove("/srv/data/defaultdb/immudb.identifier"));
  for (const char* content : {"", "elevenbytes", "thirteenbytes"}) {
    CreateFile("/srv/data/defaultdb/immudb.identifier", content);
    const auto opened = Open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupted);
    ASSERT_TRUE(files_.Remove("/srv/data/defaultdb/immudb.identifier"));
  }
}

TEST_F(CatalogTest, ALostIdentifierIsTakenFromTheLedger) {
  auto first = Complete();
  ASSERT_TRUE(Set(*first->Find("defaultdb"), "key"));
  const std::string id = first->server_id();
  first.reset();
  ASSERT_TRUE(files_.Remove("/srv/data/defaultdb/immudb.identifier"));
  EXPECT_EQ(Complete()->server_id(), id);
  EXPECT_TRUE(files_.ReadAll("/srv/data/defaultdb/immudb.identifier"));

  ASSERT_TRUE(files_.Remove("/srv/data/defaultdb/immudb.identifier"));
  engine_.state("/srv/data/defaultdb").origin = "made elsewhere";
  const auto opened = Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupted);
}

TEST_F(CatalogTest, ALostUsersFileIsNeverMadeAnewOverData) {
  auto first = Complete();
  ASSERT_TRUE(first->audit().AppendAndWait({}));
  first.reset();
  ASSERT_TRUE(files_.Remove("/srv/data/users"));
  const auto opened = Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::kCorrupted);
  EXPECT_THAT(opened.error().message, HasSubstr("users file is missing"));
}

TEST_F(CatalogTest, ALostDatabaseIsNeverMadeAnew) {
  Complete();
  for (const char* name : {"defaultdb", "systemdb"}) {
    const std::string path = io::JoinPath("/srv/data", name);
    ASSERT_TRUE(files_.Rename(path, "/srv/elsewhere"));
    const auto opened = Open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, Code::kCorrupted);
    EXPECT_THAT(opened.error().message, HasSubstr(name));
    ASSERT_TRUE(files_.Rename("/srv/elsewhere", path));
  }
}

// A first start, and a later one.
TEST_F(CatalogTest, AStartThatFailsOrIsCutShortAtAnyCallCanBeRepeated) {
  for (const io::Fault fault : {io::Fault::kIoError, io::Fault::kNoSpace, io::Fault::kPowerLoss}) {
    for (std::uint64_t failing = 0;; ++failing) {
      io::MemoryFileSystem files;
      FakeEngine engine(files);
      const CatalogContext context = {
          .files = files, .engine = engine, .random = random_, .clock = clock_};
      files.FailAt(failing, fault);
      bool stored = false;
      {
        auto catalog = Catalog::Open(context, "/srv/data");
        stored = catalog && (*catalog)->StoreUsers(AsBytes("users"));
      }
      const bool was_reached = files.operations() > failing;
      files.Crash(io::CrashPolicy::kRandom, failing);

      auto again = Catalog::Open(context, "/srv/data");
      ASSERT_TRUE(again) << "operation " << failing << ": " << again.error().message;
      if (stored) {
        EXPECT_TRUE((*again)->users_file()) << failing;
      }
      EXPECT_TRUE((*again)->StoreUsers(AsBytes("users")));
      const std::string id = (*again)->server_id();
      again->reset();
      files.Crash(io::CrashPolicy::kDropAll);
      auto last = Catalog::Open(context, "/srv/data");
      ASSERT_TRUE(last) << failing << ": " << last.error().message;
      EXPECT_EQ((*last)->server_id(), id) << failing;
      EXPECT_TRUE((*last)->users_file()) << failing;
      if (!was_reached) break;
    }
  }
}

TEST_F(CatalogTest, ACreatedDatabaseIsThereAtOnceAndAfterAStart) {
  auto first = Complete();
  EXPECT_FALSE(first->has_user_databases());
  ASSERT_TRUE(first->CreateDatabase("zebra"));
  ASSERT_TRUE(first->CreateDatabase("ant"));
  EXPECT_TRUE(first->has_user_databases());
  EXPECT_EQ(first->DatabaseNames(), (std::vector<std::string>{"defaultdb", "zebra", "ant"}));
  EXPECT_EQ(first->Find("ant"), nullptr);  // Opened when it is used.
  ASSERT_TRUE(Set(*first->OpenDatabase("ant").value(), "key"));
  EXPECT_EQ(first->OpenDatabase("ant").value()->origin(), "immudb/" + first->server_id() + "/ant");
  EXPECT_EQ(first->CreateDatabase("ant").error().message, "database ant already exists");
  EXPECT_EQ(first->CreateDatabase("defaultdb").error().code, Code::kExists);
  EXPECT_EQ(first->CreateDatabase("../x").error().code, Code::kInvalidArgument);
  first.reset();

  const auto second = Complete();
  EXPECT_EQ(second->DatabaseNames(), (std::vector<std::string>{"defaultdb", "ant", "zebra"}));
  EXPECT_TRUE(second->OpenDatabase("ant").value()->Get(AsBytes("key")));
  EXPECT_FALSE(second->OpenDatabase("zebra").value()->Get(AsBytes("key")));
}

TEST_F(CatalogTest, ALostFileOfDatabasesStopsTheStart) {
  ASSERT_TRUE(Complete()->CreateDatabase("db1"));
  ASSERT_TRUE(files_.Remove("/srv/data/databases"));
  EXPECT_EQ(Open().error().code, Code::kCorrupted);
}

TEST_F(CatalogTest, ALostUsersFileIsNeverMadeAnewOverDatabases) {
  ASSERT_TRUE(Complete()->CreateDatabase("db1"));
  ASSERT_TRUE(files_.Remove("/srv/data/users"));
  EXPECT_EQ(Open().error().code, Code::kCorrupted);
}

TEST_F(CatalogTest, ALostOrExchangedFolderIsDamageOfItsDatabaseOnly) {
  {
    const auto catalog = Complete();
    for (const char* name : {"a", "b", "c", "d"}) ASSERT_TRUE(catalog->CreateDatabase(name));
  }
  ASSERT_TRUE(files_.Rename("/srv/data/db-00000001", "/srv/elsewhere"));
  std::swap(engine_.state("/srv/data/db-00000002").origin,
            engine_.state("/srv/data/db-00000003").origin);
  const auto catalog = Complete();
  for (const char* name : {"a", "b", "c"}) {
    EXPECT_TRUE(catalog->Contains(name));
    EXPECT_EQ(catalog->OpenDatabase(name).error().code, Code::kCorrupted) << name;
  }
  EXPECT_TRUE(catalog->OpenDatabase("d"));
}

TEST_F(CatalogTest, ACreationThatIsCutShortAtAnyCallLeavesADatabaseOrNone) {
  for (const io::Fault fault : {io::Fault::kIoError, io::Fault::kNoSpace, io::Fault::kPowerLoss}) {
    for (std::uint64_t failing = 0;; ++failing) {
      io::MemoryFileSystem files;
      FakeEngine engine(files);
      const CatalogContext context = {
          .files = files, .engine = engine, .random = random_, .clock = clock_};
      auto catalog = Catalog::Open(context, "/srv/data").value();
      ASSERT_TRUE(catalog->StoreUsers(AsBytes("users")));
      ASSERT_TRUE(catalog->CreateDatabase("before"));
      const std::uint64_t begin = files.operations();
      files.FailAt(begin + failing, fault);
      const bool created = catalog->CreateDatabase("db1").has_value();
      const bool was_reached = files.operations() > begin + failing;
      catalog.reset();
      files.Crash(io::CrashPolicy::kRandom, failing);

      auto again = Catalog::Open(context, "/srv/data");
      ASSERT_TRUE(again) << failing << ": " << again.error().message;
      EXPECT_TRUE((*again)->OpenDatabase("before")) << failing;
      if (created) {
        EXPECT_TRUE((*again)->Contains("db1")) << failing;
      }
      if ((*again)->Contains("db1")) {
        EXPECT_TRUE((*again)->OpenDatabase("db1")) << failing;
      } else {
        EXPECT_TRUE((*again)->CreateDatabase("db1")) << failing;
      }
      EXPECT_TRUE((*again)->CreateDatabase("after")) << failing;
      again->reset();
      files.Crash(io::CrashPolicy::kDropAll);
      const auto last = Catalog::Open(context, "/srv/data").value();
      for (const char* name : {"before", "db1", "after"}) {
        EXPECT_TRUE(last->OpenDatabase(name)) << name << " " << failing;
      }
      if (!was_reached) break;
    }
  }
}

TEST_F(CatalogTest, AUsersFileThatCannotBeReplacedStaysAsItWas) {
  const auto catalog = Complete();
  files_.FailAt(files_.operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  EXPECT_FALSE(catalog->StoreUsers(AsBytes("other")));
  files_.ClearFaults();
  EXPECT_EQ(files_.ReadAll("/srv/data/users").value(), Bytes({'u', 's', 'e', 'r', 's'}));
}

TEST_F(CatalogTest, ClosingWritesWhatTheAuditTrailHeldBack) {
  auto catalog = Complete();
  catalog->audit().CountFailedLogin("alice", "192.0.2.1", "wrong");
  EXPECT_TRUE(catalog->Close());
  EXPECT_EQ(engine_.state("/srv/data/systemdb").entries.size(), 1u);
}

}  // namespace
}  // namespace immudb::catalog
