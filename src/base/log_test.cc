#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

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

// Lines in a file of their own, in text again afterwards.
class LogFormatTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove(path_);
    ASSERT_TRUE(LogToFile(path_));
  }
  void TearDown() override { SetLogFormat(LogFormat::kText); }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / "log_format_test.log";
};

TEST_F(LogFormatTest, FactsFollowTheTextAndAreQuotedWhereTheyMustBe) {
  const std::vector<LogField> fields = {
      {.name = "method", .value = "/s/Get"},
      {.name = "milliseconds", .value = "1.5", .kind = LogField::Kind::kNumber},
      {.name = "user", .value = "a b\"\nERROR: forged"},
      {.name = "database", .value = ""}};
  WriteLog(LogLevel::kWarning, "slow", fields);
  EXPECT_THAT(ReadAll(path_),
              testing::EndsWith("WARNING: slow method=/s/Get milliseconds=1.5 "
                                "user=\"a b\\\"\\nERROR: forged\" database=\"\"\n"));
}

TEST_F(LogFormatTest, InJsonEveryLineIsOneObject) {
  SetLogFormat(LogFormat::kJson);
  const std::vector<LogField> fields = {
      {.name = "milliseconds", .value = "1.5", .kind = LogField::Kind::kNumber},
      {.name = "user", .value = "a\"b"}};
  WriteLog(LogLevel::kWarning, "two\nlines", fields);
  WriteLog(LogLevel::kDebug, "not shown");
  EXPECT_THAT(ReadAll(path_),
              testing::MatchesRegex(
                  "\\{\"time\":\"....-..-..T..:..:..\\.......Z\",\"level\":\"warning\","
                  "\"message\":\"two..lines\",\"milliseconds\":1.5,\"user\":\"a..b\"\\}\n"));

  ASSERT_TRUE(LogToFile(path_));  // Opened anew it is as it was.
  Log(LogLevel::kInfo, "number {}", 7);
  EXPECT_THAT(ReadAll(path_), testing::EndsWith("\"level\":\"info\",\"message\":\"number 7\"}\n"));
}

TEST_F(LogFormatTest, ALineCarriesTheInnermostRequestOfItsThread) {
  {
    const LogScope outer("r-1");
    {
      const LogScope inner("r-2");
      Log(LogLevel::kInfo, "inner");
      std::thread([] { Log(LogLevel::kInfo, "elsewhere"); }).join();
    }
    Log(LogLevel::kInfo, "outer");
    SetLogFormat(LogFormat::kJson);
    Log(LogLevel::kInfo, "as json");
    SetLogFormat(LogFormat::kText);
  }
  Log(LogLevel::kInfo, "none");
  const std::string text = ReadAll(path_);
  EXPECT_THAT(text, testing::HasSubstr("INFO: inner request_id=r-2\n"));
  EXPECT_THAT(text, testing::HasSubstr("INFO: elsewhere\n"));
  EXPECT_THAT(text, testing::HasSubstr("INFO: outer request_id=r-1\n"));
  EXPECT_THAT(text, testing::HasSubstr("\"message\":\"as json\",\"request_id\":\"r-1\"}\n"));
  EXPECT_THAT(text, testing::EndsWith("INFO: none\n"));
}

}  // namespace
}  // namespace immudb
