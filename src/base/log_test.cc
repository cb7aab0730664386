#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace immudb {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(LogTest, LinesGoToTheFileInTheFormOfItsLevelUntilItIsOpenedAnew) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "log_test";
  std::filesystem::remove_all(folder);
  const std::filesystem::path path = folder / "immudb.log";

  ASSERT_TRUE(LogToFile(path));
  Log(LogLevel::kWarning, "number {}", 7);
  Log(LogLevel::kDebug, "not shown");
  EXPECT_THAT(ReadAll(path),
              testing::MatchesRegex("immudb ..../../.. ..:..:.. WARNING: number 7\n"));

  std::filesystem::rename(path, folder / "old");
  ASSERT_TRUE(LogToFile(path));
  Log(LogLevel::kError, "after");
  EXPECT_THAT(ReadAll(path), testing::EndsWith("ERROR: after\n"));
  EXPECT_THAT(ReadAll(folder / "old"), testing::EndsWith("number 7\n"));

  EXPECT_FALSE(LogToFile(folder));  // A directory.
  Log(LogLevel::kInfo, "still here");
  EXPECT_THAT(ReadAll(path), testing::EndsWith("INFO: still here\n"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace immudb
