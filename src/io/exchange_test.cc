#include "io/exchange.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "io/posix_file_system.h"

namespace immudb::io {
namespace {

TEST(ExchangeTest, TwoFoldersChangePlaces) {
  std::string pattern = std::filesystem::temp_directory_path() / "exchange-XXXXXX";
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  PosixFileSystem files;
  const std::string one = pattern + "/one";
  const std::string other = pattern + "/other";
  ASSERT_TRUE(files.CreateDirectory(one) && files.CreateDirectory(other));
  ASSERT_TRUE(files.Open(one + "/file", OpenMode::kCreateNew));
  const Status exchanged = ExchangePaths(one, other);
  const bool is_possible = exchanged || exchanged.error().code != Code::kUnsupported;
  if (is_possible) {
    EXPECT_TRUE(exchanged) << exchanged.error().message;
    EXPECT_TRUE(files.Exists(other + "/file").value());
    EXPECT_FALSE(files.Exists(one + "/file").value());
    EXPECT_EQ(ExchangePaths(one, pattern + "/none").error().code, Code::kNotFound);
  }
  std::filesystem::remove_all(pattern);
  if (!is_possible) GTEST_SKIP() << "not on this disk: " << exchanged.error().message;
}

}  // namespace
}  // namespace immudb::io
