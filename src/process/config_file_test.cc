#include "process/config_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/test_program.h"

namespace immudb::process {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ErrorOf(std::string_view text) {
  const auto values = ParseConfig(TestProgram(), "f.toml", text);
  if (values) return "no error";
  EXPECT_EQ(values.error().code, Code::kInvalidArgument);
  return values.error().message;
}

void AllowEveryoneToRead(const std::string& path) {
  using std::filesystem::perms;
  std::filesystem::permissions(path, perms::owner_read | perms::owner_write | perms::others_read);
}

TEST(ConfigFileTest, ValuesOfEveryTypeAreReadWithTheirLines) {
  const auto values = ParseConfig(TestProgram(), "f.toml",
                                  "# comment\ndir = \"/d\"\nport = 1\n\nauth = false\n"
                                  "network = 'tcp'\nSIGNINGKEY = \"k\"\n");
  ASSERT_TRUE(values) << values.error().message;
  ASSERT_EQ(values->size(), 5u);
  EXPECT_EQ(values->at("dir").text, "/d");
  EXPECT_EQ(values->at("dir").line, 2u);
  EXPECT_EQ(values->at("port").text, "1");
  EXPECT_EQ(values->at("auth").text, "false");
  EXPECT_EQ(values->at("auth").line, 5u);
  EXPECT_EQ(values->at("network").text, "tcp");
  EXPECT_EQ(values->at("signingKey").text, "k");  // Keys in any case of letters.
}

TEST(ConfigFileTest, AQuotedNumberOrTruthValueIsTaken) {
  const auto values = ParseConfig(TestProgram(), "f.toml", "port = \"1\"\nauth = \"true\"\n");
  ASSERT_TRUE(values) << values.error().message;
  EXPECT_EQ(values->at("port").text, "1");
  EXPECT_EQ(values->at("auth").text, "true");
}

TEST(ConfigFileTest, EachErrorNamesFileLineAndKey) {
  EXPECT_EQ(ErrorOf("\nprot = 1\n"), "f.toml:2: key \"prot\": there is no such option");
  EXPECT_EQ(ErrorOf("[server]\nport = 1\n"), "f.toml:1: key \"server\": there is no such option");
  EXPECT_EQ(ErrorOf("config = \"x\"\n"), "f.toml:1: key \"config\": there is no such option");
  EXPECT_EQ(ErrorOf("port = true\n"), "f.toml:1: key \"port\": must be a whole number");
  EXPECT_EQ(ErrorOf("port = 1.0\n"), "f.toml:1: key \"port\": must be a whole number");
  EXPECT_EQ(ErrorOf("port = [1]\n"), "f.toml:1: key \"port\": must be a whole number");
  EXPECT_EQ(ErrorOf("auth = 1\n"), "f.toml:1: key \"auth\": must be true or false");
  EXPECT_EQ(ErrorOf("\n\ndir = 1\n"), "f.toml:3: key \"dir\": must be a text in quotes");
  EXPECT_EQ(ErrorOf("dir = \"a\"\nDir = \"b\"\n"), "f.toml:2: key \"dir\": stands twice");
  EXPECT_THAT(ErrorOf("dir = \"a\"\ndir = \"b\"\n"), StartsWith("f.toml:2: "));
  EXPECT_THAT(ErrorOf("\ndir = \n"), StartsWith("f.toml:2: "));
  EXPECT_THAT(ErrorOf("port = 9999999999999999999\n"), StartsWith("f.toml:1: "));
}

TEST(ConfigFileTest, AFileThatCannotBeReadIsNamed) {
  const TestFolder folder;
  const auto missing = ReadConfigFile(TestProgram(), folder / "none.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
  EXPECT_THAT(missing.error().message, HasSubstr(folder / "none.toml"));

  std::filesystem::create_directory(folder / "dir.toml");
  const auto directory = ReadConfigFile(TestProgram(), folder / "dir.toml");
  ASSERT_FALSE(directory);
  EXPECT_EQ(directory.error().code, Code::kIo);

  const auto yaml = ReadConfigFile(TestProgram(), folder.Write("prog.yaml", "port: 1\n"));
  ASSERT_FALSE(yaml);
  EXPECT_EQ(yaml.error().code, Code::kUnsupported);

  const auto huge =
      ReadConfigFile(TestProgram(), folder.Write("huge.toml", std::string((1 << 20) + 1, '#')));
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code, Code::kLimitExceeded);
}

TEST(ConfigFileTest, ASecretInAFileThatOthersCanReadIsRefusedUnlessItIsTheDefault) {
  const TestFolder folder;
  const std::string path = folder.Write("prog.toml", "port = 1\nadmin-password = \"S3cret\"\n");
  AllowEveryoneToRead(path);
  const auto refused = ReadConfigFile(TestProgram(), path);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kDenied);
  EXPECT_THAT(refused.error().message, StartsWith(path + ":2: key \"admin-password\""));
  EXPECT_THAT(refused.error().message, testing::Not(HasSubstr("S3cret")));

  std::filesystem::permissions(path, std::filesystem::perms::owner_read);
  EXPECT_TRUE(ReadConfigFile(TestProgram(), path));

  const std::string harmless = folder.Write("two.toml", "admin-password = \"immudb\"\n");
  AllowEveryoneToRead(harmless);
  EXPECT_TRUE(ReadConfigFile(TestProgram(), harmless));
}

TEST(ConfigFileTest, TheFirstFolderWithAFileWinsAndOtherFormatsAreNotPassedOver) {
  const TestFolder folder;
  const std::vector<std::string> folders = {folder / "a", folder / "b"};
  EXPECT_EQ(FindConfigFile(TestProgram(), folders)->value_or(""), "");
  const std::string second = folder.Write("b/prog.toml", "");
  EXPECT_EQ(FindConfigFile(TestProgram(), folders)->value_or(""), second);
  folder.Write("a/other.toml", "");
  EXPECT_EQ(FindConfigFile(TestProgram(), folders)->value_or(""), second);

  const std::string yaml = folder.Write("a/prog.yaml", "");
  const auto refused = FindConfigFile(TestProgram(), folders);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kUnsupported);
  EXPECT_THAT(refused.error().message, HasSubstr(yaml));
  EXPECT_EQ(FindConfigFile(TestProgram(), {folder / "b"})->value_or(""), second);
  const std::string first = folder.Write("a/prog.toml", "");
  EXPECT_EQ(FindConfigFile(TestProgram(), folders)->value_or(""), first);
}

}  // namespace
}  // namespace immudb::process
