#include "io/read_only_file_system.h"

#include <gtest/gtest.h>

#include "io/memory_file_system.h"

namespace immudb::io {
namespace {

class ReadOnlyFileSystemTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(ReplaceFile(below_, "file", Bytes{1, 2, 3}));
    ASSERT_TRUE(below_.Lock("lock"));
  }

  MemoryFileSystem below_;
};

TEST_F(ReadOnlyFileSystemTest, NothingCanBeChangedThroughIt) {
  ReadOnlyFileSystem files(below_);
  const auto is_denied = [](const auto& result) {
    return !result && result.error().code == Code::kDenied;
  };
  EXPECT_TRUE(is_denied(files.Open("new", OpenMode::kCreateNew)));
  EXPECT_EQ(files.Open("new", OpenMode::kCreateOrOpen).error().code, Code::kNotFound);
  EXPECT_TRUE(is_denied(files.CreateDirectory("folder")));
  EXPECT_TRUE(is_denied(files.Rename("file", "other")));
  EXPECT_TRUE(is_denied(files.Remove("file")));
  EXPECT_TRUE(is_denied(files.Lock("lock")));
  EXPECT_FALSE(ReplaceFile(files, "file", Bytes{4}));
  const auto file = files.Open("file", OpenMode::kReadWrite);
  ASSERT_TRUE(file);
  EXPECT_TRUE(is_denied((*file)->Write(0, BytesView(Bytes{4}))));
  EXPECT_TRUE(is_denied((*file)->Truncate(0)));
  EXPECT_EQ(*below_.ReadAll("file"), (Bytes{1, 2, 3}));
  EXPECT_EQ(files.List(".")->size(), 2u);
}

TEST_F(ReadOnlyFileSystemTest, ItsReadsAreAnnouncedAndMayBeForbidden) {
  std::uint64_t announced = 0;
  bool forbid = false;
  ReadOnlyFileSystem files(below_, [&](std::uint64_t bytes) -> Status {
    announced += bytes;
    return forbid ? Status(Error{Code::kClosed, "enough"}) : Status();
  });
  EXPECT_EQ(*ReadFile(files, "file", 100), (Bytes{1, 2, 3}));
  EXPECT_GE(announced, 3u);
  forbid = true;
  EXPECT_EQ(ReadFile(files, "file", 100).error().code, Code::kClosed);
}

TEST_F(ReadOnlyFileSystemTest, ALockThatExistsCanBeTaken) {
  ReadOnlyFileSystem files(below_);
  EXPECT_EQ(files.LockExisting("none").error().code, Code::kNotFound);
  const auto held = files.LockExisting("lock");
  ASSERT_TRUE(held);
  EXPECT_EQ(below_.Lock("lock").error().code, Code::kUnavailable);
}

}  // namespace
}  // namespace immudb::io
