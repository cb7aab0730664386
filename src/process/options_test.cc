#include "process/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/test_program.h"

namespace immudb::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

using Variables = std::map<std::string, std::string, std::less<>>;

Result<Options> Read(std::initializer_list<std::string> words, const Variables& variables) {
  const Words list(words);
  const auto line = ParseCommandLine(TestProgram(), list.span());
  EXPECT_TRUE(line);
  return Options::Read(TestProgram(), *line, FakeEnvironment(variables));
}

std::string ErrorOf(std::initializer_list<std::string> words, const Variables& variables) {
  const auto options = Read(words, variables);
  if (options) return "no error";
  EXPECT_EQ(options.error().code, Code::kInvalidArgument);
  return options.error().message;
}

TEST(OptionsTest, WithoutAnySourceTheDefaultsHold) {
  const auto options = Read({}, {});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->text("dir"), "./data");
  EXPECT_EQ(options->integer("port"), 3322);
  EXPECT_TRUE(options->boolean("auth"));
  EXPECT_EQ(options->text("signingKey"), "");
  EXPECT_EQ(options->source("port"), OptionSource::kDefault);
  EXPECT_EQ(options->config_file(), "");
  EXPECT_THAT(options->notes(), IsEmpty());
}

TEST(OptionsTest, AFlagBeatsTheEnvironmentWhichBeatsTheFileWhichBeatsTheDefault) {
  const TestFolder folder;
  const std::string file = folder.Write("c.toml", "port = 2\ndir = \"file\"\nauth = false\n");
  const auto options =
      Read({"--config", file, "--port=4"}, {{"T_PORT", "3"}, {"T_DIR", "environment"}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->integer("port"), 4);
  EXPECT_EQ(options->source("port"), OptionSource::kFlag);
  EXPECT_EQ(options->text("dir"), "environment");
  EXPECT_EQ(options->source("dir"), OptionSource::kEnvironment);
  EXPECT_FALSE(options->boolean("auth"));
  EXPECT_EQ(options->source("auth"), OptionSource::kFile);
  EXPECT_EQ(options->text("durability"), "durable");
  EXPECT_EQ(options->config_file(), file);
}

TEST(OptionsTest, AnEmptyVariableIsUnsetAndAnEmptyFlagIsNot) {
  EXPECT_EQ(Read({}, {{"T_DIR", ""}})->text("dir"), "./data");
  EXPECT_EQ(Read({"--dir="}, {{"T_DIR", "x"}})->text("dir"), "");
}

TEST(OptionsTest, TheFirstOfSeveralVariablesThatIsSetCounts) {
  EXPECT_EQ(Read({}, {{"T_SIGNING_KEY", "b"}})->text("signingKey"), "b");
  EXPECT_EQ(Read({}, {{"T_SIGNING_KEY", "b"}, {"T_SIGNINGKEY", "a"}})->text("signingKey"), "a");
}

TEST(OptionsTest, ATruthValueHasTheSpellingsOfImmudb) {
  for (const char* yes : {"true", "True", "TRUE", "t", "T", "1"}) {
    EXPECT_TRUE(Read({}, {{"T_AUTH", yes}})->boolean("auth")) << yes;
  }
  for (const char* no : {"false", "False", "FALSE", "f", "F", "0"}) {
    EXPECT_FALSE(Read({}, {{"T_AUTH", no}})->boolean("auth")) << no;
  }
}

TEST(OptionsTest, AnImpossibleValueIsRefusedAndItsPlaceIsNamed) {
  EXPECT_EQ(ErrorOf({}, {{"T_AUTH", "yes"}}),
            "environment variable T_AUTH: \"yes\" is neither true nor false");
  EXPECT_EQ(ErrorOf({"--auth="}, {}), "flag --auth: \"\" is neither true nor false");
  for (const std::string port : {"65536", "-1", "33x", "", "1e3", " 1", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf({"--port=" + port}, {}),
              "flag --port: \"" + port + "\" is not a whole number from 0 to 65535");
  }
  EXPECT_EQ(ErrorOf({}, {{"T_DURABILITY", "none"}}),
            "environment variable T_DURABILITY: \"none\" is none of durable, written");

  const TestFolder folder;
  const std::string file = folder.Write("c.toml", "\nport = 70000\n");
  EXPECT_EQ(ErrorOf({"--config=" + file}, {}),
            file + ":2: key \"port\": \"70000\" is not a whole number from 0 to 65535");
}

TEST(OptionsTest, AChoiceIsTakenInAnyCaseOfLetters) {
  EXPECT_EQ(Read({"--durability=Written"}, {})->text("durability"), "written");
}

TEST(OptionsTest, AReservedOptionTakesItsDefaultOnly) {
  EXPECT_TRUE(Read({"--mtls=false"}, {{"T_MTLS", "0"}}));
  EXPECT_EQ(ErrorOf({"-m"}, {}),
            "flag --mtls: this release supports only the default, false: clients show "
            "certificates");
}

TEST(OptionsTest, AnOptionWithoutEffectIsTakenAndNoted) {
  const TestFolder folder;
  const std::string same = folder.Write("a.toml", "network = \"tcp\"\n");
  EXPECT_THAT(Read({"--config", same}, {})->notes(), IsEmpty());
  const std::string other = folder.Write("b.toml", "network = \"udp\"\n");
  EXPECT_THAT(
      Read({"--config", other}, {})->notes(),
      ElementsAre(other + ":1: key \"network\": has no effect in this release: there is only tcp"));
}

TEST(OptionsTest, ANamedFileMustExistAndAFoundOneIsRead) {
  const TestFolder folder;
  const auto missing = Read({"--config", folder / "none.toml"}, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);

  const std::string home = folder.Write("prog.toml", "port = 5\n");
  const auto found = Read({}, {{"HOME", folder.path()}});
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->integer("port"), 5);
  EXPECT_EQ(found->config_file(), home);

  const std::string gopath = folder.Write("go/src/configs/prog.toml", "port = 6\n");
  EXPECT_EQ(Read({}, {{"HOME", folder / "nobody"}, {"GOPATH", folder / "go"}})->integer("port"), 6);
}

TEST(OptionsTest, NoErrorRepeatsASecret) {
  const std::vector<OptionRow> rows = {{.name = "pin",
                                        .environment = {"PIN"},
                                        .type = OptionType::kInteger,
                                        .default_value = "0",
                                        .is_secret = true}};
  const Program program = {"prog", "", rows, {}};
  const auto options = Options::Read(program, {}, FakeEnvironment({{"PIN", "S3cret"}}));
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error().message, HasSubstr("environment variable PIN: the value is not"));
  EXPECT_THAT(options.error().message, Not(HasSubstr("S3cret")));
}

}  // namespace
}  // namespace immudb::process
