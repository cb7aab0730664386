#include "process/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/test_program.h"

namespace immudb::process {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;

Result<CommandLine> Parse(std::initializer_list<std::string> list) {
  const Words words(list);
  return ParseCommandLine(TestProgram(), words.span());
}

std::string ErrorOf(std::initializer_list<std::string> list) {
  const auto line = Parse(list);
  if (line) return "no error";
  const bool is_command = line.error().message.starts_with("unknown command");
  EXPECT_EQ(line.error().code, is_command ? Code::kNotFound : Code::kInvalidArgument);
  return line.error().message;
}

TEST(CommandLineTest, AFlagTakesItsValueInEverySpelling) {
  for (const auto& spelling : std::vector<std::vector<std::string>>{
           {"--port", "77"}, {"--port=77"}, {"-p", "77"}, {"-p77"}, {"-p=77"}}) {
    const auto line =
        spelling.size() == 1 ? Parse({spelling[0]}) : Parse({spelling[0], spelling[1]});
    ASSERT_TRUE(line) << line.error().message;
    EXPECT_THAT(line->values, ElementsAre(Pair("port", "77"))) << spelling[0];
    EXPECT_THAT(line->command, IsEmpty());
  }
}

TEST(CommandLineTest, AValueMayBeEmptyOrLookLikeAFlag) {
  EXPECT_THAT(Parse({"--dir=", "-p", "1"})->values,
              ElementsAre(Pair("dir", ""), Pair("port", "1")));
  EXPECT_THAT(Parse({"--dir", ""})->values, ElementsAre(Pair("dir", "")));
  EXPECT_THAT(Parse({"--dir", "--port"})->values, ElementsAre(Pair("dir", "--port")));
  EXPECT_THAT(Parse({"--dir=a=b"})->values, ElementsAre(Pair("dir", "a=b")));
}

TEST(CommandLineTest, ASwitchNeedsNoValueAndTakesOneOnlyBehindAnEqualsSign) {
  EXPECT_THAT(Parse({"--auth"})->values, ElementsAre(Pair("auth", "true")));
  EXPECT_THAT(Parse({"-s"})->values, ElementsAre(Pair("auth", "true")));
  EXPECT_THAT(Parse({"--auth=false"})->values, ElementsAre(Pair("auth", "false")));
  EXPECT_THAT(Parse({"-s=false"})->values, ElementsAre(Pair("auth", "false")));
  EXPECT_THAT(Parse({"-smp", "9"})->values,
              ElementsAre(Pair("auth", "true"), Pair("mtls", "true"), Pair("port", "9")));
  EXPECT_EQ(ErrorOf({"--auth", "false"}), "unknown command \"false\" for \"prog\"");
}

TEST(CommandLineTest, TheLastOfEqualFlagsCounts) {
  EXPECT_THAT(Parse({"-p1", "--port=2"})->values, ElementsAre(Pair("port", "2")));
}

TEST(CommandLineTest, FlagsMayStandAroundTheCommandAndNotBehindTwoDashes) {
  const auto line = Parse({"-p1", "version", "more", "--dir", "d", "--", "--port"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->command, "version");
  EXPECT_THAT(line->arguments, ElementsAre("more", "--port"));
  EXPECT_THAT(line->values, ElementsAre(Pair("dir", "d"), Pair("port", "1")));
}

TEST(CommandLineTest, HelpIsAskedForByEitherFlag) {
  EXPECT_TRUE(Parse({"--help"})->wants_help);
  EXPECT_TRUE(Parse({"version", "-h"})->wants_help);
  EXPECT_FALSE(Parse({"version"})->wants_help);
}

TEST(CommandLineTest, WhatIsUnknownOrCutShortIsNamed) {
  EXPECT_EQ(ErrorOf({"--prot=1"}), "unknown flag: --prot");
  EXPECT_EQ(ErrorOf({"-sx=1"}), "unknown shorthand flag: 'x' in -sx");
  EXPECT_EQ(ErrorOf({"--port"}), "flag needs an argument: --port");
  EXPECT_EQ(ErrorOf({"-sp"}), "flag needs an argument: 'p' in -sp");
  EXPECT_EQ(ErrorOf({"serve"}), "unknown command \"serve\" for \"prog\"");
  EXPECT_EQ(ErrorOf({"--network=tcp"}), "unknown flag: --network");  // Only a key of files.
  EXPECT_EQ(ErrorOf({"-"}), "unknown command \"-\" for \"prog\"");
}

TEST(CommandLineTest, ASecretIsReadAndThenWipedFromTheArguments) {
  const Words joined{"--admin-password=S3cret", "-p1"};
  EXPECT_EQ(ParseCommandLine(TestProgram(), joined.span())->values.at("admin-password"), "S3cret");
  EXPECT_THAT(joined.words(), ElementsAre("--admin-password=******", "-p1"));

  const Words apart{"--admin-password", "S3cret", "-p1"};
  EXPECT_EQ(ParseCommandLine(TestProgram(), apart.span())->values.at("admin-password"), "S3cret");
  EXPECT_THAT(apart.words(), ElementsAre("--admin-password", "******", "-p1"));
}

TEST(CommandLineTest, ASecretIsWipedEvenIfTheLineIsRefusedBeforeIt) {
  const Words words{"--wrong", "--admin-password", "S3cret", "--admin-password=0ther"};
  EXPECT_FALSE(ParseCommandLine(TestProgram(), words.span()));
  EXPECT_THAT(words.words(),
              ElementsAre("--wrong", "--admin-password", "******", "--admin-password=*****"));
}

TEST(CommandLineTest, AnOptionOfOneCommandIsRefusedWithoutItAndMayStandBeforeIt) {
  static const std::vector<OptionRow> options = {
      {.name = "all", .help = "for every command"},
      {.name = "depth", .help = "how deep", .command = "look"}};
  static const std::vector<CommandRow> commands = {{"look", "look at it"}, {"leave", "leave it"}};
  const Program program{.name = "t", .summary = "t", .options = options, .commands = commands};
  const Words before{"--depth=3", "--all=x", "look"};
  EXPECT_TRUE(ParseCommandLine(program, before.span()));
  for (const char* command : {"leave", "--all=x"}) {
    const Words without{"--depth=3", command};
    const auto line = ParseCommandLine(program, without.span());
    ASSERT_FALSE(line) << command;
    EXPECT_EQ(line.error().message, "flag --depth is for the command look");
  }
  EXPECT_THAT(HelpText(program), HasSubstr("with look: how deep"));
}

TEST(CommandLineTest, TheHelpTextShowsEveryOptionWithAllThatIsKnownOfIt) {
  const std::string help = HelpText(TestProgram());
  for (const OptionRow& row : TestProgram().options) {
    EXPECT_THAT(help, HasSubstr(std::string(row.name)));
    EXPECT_THAT(help, HasSubstr(std::string(row.help)));
    for (const auto variable : row.environment) {
      EXPECT_THAT(help, HasSubstr("[" + std::string(variable) + "]"));
    }
  }
  EXPECT_THAT(help, HasSubstr("-p, --port int"));
  EXPECT_THAT(help, HasSubstr("(default 3322)"));
  EXPECT_THAT(help, HasSubstr("(default \"./data\")"));
  EXPECT_THAT(help, HasSubstr("(durable | written)"));
  EXPECT_THAT(help, HasSubstr("(only the default in this release)"));
  EXPECT_THAT(help, HasSubstr("(accepted, without effect in this release)"));
  EXPECT_THAT(help, HasSubstr("(configuration file only)"));
  EXPECT_THAT(help, HasSubstr("[LOG_LEVEL] (environment only)"));
  EXPECT_THAT(help, HasSubstr("  version      tell the version"));
  EXPECT_THAT(help, Not(HasSubstr("immudb")));  // The default of the secret.
  EXPECT_LT(help.find("--admin-password"), help.find("--auth"));
}

}  // namespace
}  // namespace immudb::process
