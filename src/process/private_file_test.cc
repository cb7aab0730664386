#include "process/private_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "process/test_program.h"

namespace immudb::process {
namespace {

TEST(PrivateFileTest, OnlyAFileThatOthersCannotReadOrChangeIsRead) {
  const TestFolder folder;
  const std::string path = folder.Write("key", "secret");
  for (const mode_t mode : std::initializer_list<mode_t>{0600, 0400, 0640, 0700}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    EXPECT_EQ(ReadPrivateFile(path).value(), "secret") << mode;
    EXPECT_TRUE(CheckPrivateFile(path)) << mode;
  }
  for (const mode_t mode : std::initializer_list<mode_t>{0644, 0604, 0602, 0601, 0660, 0620}) {
    ASSERT_EQ(chmod(path.c_str(), mode), 0);
    const auto refused = ReadPrivateFile(path);
    ASSERT_FALSE(refused) << mode;
    EXPECT_EQ(refused.error().code, Code::kDenied);
    EXPECT_THAT(refused.error().message, testing::HasSubstr(path));
    EXPECT_FALSE(CheckPrivateFile(path)) << mode;
  }
}

TEST(PrivateFileTest, WhatIsNoSmallFileIsRefused) {
  const TestFolder folder;
  EXPECT_EQ(ReadPrivateFile(folder.path() + "/none").error().code, Code::kNotFound);
  const std::string large = folder.Write("large", std::string(65 << 10, 'x'));
  ASSERT_EQ(chmod(large.c_str(), 0600), 0);
  EXPECT_EQ(ReadPrivateFile(large).error().code, Code::kLimitExceeded);
}

}  // namespace
}  // namespace immudb::process
