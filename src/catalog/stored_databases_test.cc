#include "catalog/stored_databases.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "catalog/databases_file.h"
#include "io/memory_file_system.h"

namespace immudb::catalog {
namespace {

class StoredDatabasesTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(DataDirectory::Take(files_, "data"));
    ASSERT_TRUE(files_.CreateDirectory("data/defaultdb"));
  }

  Result<std::vector<std::string>> List() {
    IMMUDB_ASSIGN(const auto directory, DataDirectory::TakeToRead(files_, "data"));
    IMMUDB_ASSIGN(const auto databases, ListStoredDatabases(*directory));
    std::vector<std::string> found;
    for (const StoredDatabase& database : databases) {
      found.push_back(database.name + " in " + database.path);
    }
    return found;
  }

  io::MemoryFileSystem files_;
};

TEST_F(StoredDatabasesTest, TheBuiltInOnesStandAroundThoseOfUsersByName) {
  const DatabasesFile file{.next_folder = 3,
                           .databases = {{.name = "b", .folder = 1}, {.name = "a", .folder = 2}}};
  ASSERT_TRUE(io::ReplaceFile(files_, "data/databases", EncodeDatabases(file)));
  EXPECT_EQ(*List(),
            (std::vector<std::string>{"defaultdb in data/defaultdb", "a in data/db-00000002",
                                      "b in data/db-00000001", "systemdb in data/systemdb"}));
}

TEST_F(StoredDatabasesTest, FoldersOfDatabasesWithoutTheFileThatNamesThemAreDamage) {
  EXPECT_EQ(List()->size(), 2u);
  ASSERT_TRUE(files_.CreateDirectory("data/db-00000001"));
  EXPECT_EQ(List().error().code, Code::kCorrupted);
}

TEST_F(StoredDatabasesTest, AFolderIsTakenToReadByOneAtATimeAndNotWhileItIsServed) {
  const auto first = DataDirectory::TakeToRead(files_, "data");
  ASSERT_TRUE(first);
  EXPECT_EQ(DataDirectory::TakeToRead(files_, "data").error().code, Code::kUnavailable);
  EXPECT_EQ(DataDirectory::Take(files_, "data").error().code, Code::kUnavailable);
}

TEST_F(StoredDatabasesTest, NothingIsCreatedWhereNothingIs) {
  ASSERT_TRUE(files_.CreateDirectory("empty"));
  EXPECT_EQ(DataDirectory::TakeToRead(files_, "empty").error().code, Code::kNotFound);
  EXPECT_EQ(DataDirectory::TakeToRead(files_, "none").error().code, Code::kNotFound);
  EXPECT_TRUE(files_.List("empty")->empty());
  // A copy may have been made without the lock file.
  ASSERT_TRUE(files_.Remove("data/lock"));
  EXPECT_TRUE(DataDirectory::TakeToRead(files_, "data"));
  EXPECT_FALSE(*files_.Exists("data/lock"));
}

}  // namespace
}  // namespace immudb::catalog
