#include "server/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "process/command_line.h"
#include "server/option_table.h"

namespace immudb::server {
namespace {

using testing::HasSubstr;
using testing::Not;

using Variables = std::map<std::string, std::string, std::less<>>;

Result<Settings> Read(std::vector<std::string> words, const Variables& variables) {
  std::vector<char*> pointers(words.size());
  std::transform(words.begin(), words.end(), pointers.begin(),
                 [](std::string& word) { return word.data(); });
  const auto line = process::ParseCommandLine(ServerProgram(), pointers);
  if (!line) return line.error();
  const auto environment = [&](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  const auto options = process::Options::Read(ServerProgram(), *line, environment);
  if (!options) return options.error();
  return MakeSettings(*options);
}

std::string ErrorOf(std::vector<std::string> words, const Variables& variables) {
  const auto settings = Read(std::move(words), variables);
  return settings ? "no error" : settings.error().message;
}

TEST(OptionTableTest, EveryRowIsDocumentedAndItsDefaultIsAValueOfIt) {
  std::set<std::string_view> names;
  std::set<char> short_names;
  std::set<std::string_view> variables;
  for (const process::OptionRow& row : ServerProgram().options) {
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    if (row.short_name != '\0') {
      EXPECT_TRUE(short_names.insert(row.short_name).second) << row.name;
      EXPECT_NE(row.short_name, 'h');
    }
    for (const auto variable : row.environment) {
      EXPECT_TRUE(variables.insert(variable).second) << variable;
    }
    EXPECT_TRUE(row.has_flag() || row.has_key() || !row.environment.empty()) << row.name;
  }
  EXPECT_EQ(ErrorOf({}, {}), "no error");
}

TEST(OptionTableTest, TheNamesVariablesAndDefaultsOfImmudbAreKnown) {
  const Variables defaults = {
      {"IMMUDB_DIR", "./data"},       {"IMMUDB_PORT", "3322"},
      {"IMMUDB_ADDRESS", "0.0.0.0"},  {"IMMUDB_PIDFILE", ""},
      {"IMMUDB_LOGFILE", ""},         {"IMMUDB_MTLS", "false"},
      {"IMMUDB_AUTH", "true"},        {"IMMUDB_MAX_RECV_MSG_SIZE", "4194304"},
      {"IMMUDB_NO_HISTOGRAMS", "1"},  {"IMMUDB_CONSISTENCY_CHECK", "true"},
      {"IMMUDB_DETACHED", "false"},   {"IMMUDB_DEVMODE", "true"},
      {"IMMUDB_PKEY", "/k.pem"},      {"IMMUDB_CERTIFICATE", "/c.pem"},
      {"IMMUDB_CLIENTCAS", "/a.pem"}, {"IMMUDB_MAINTENANCE", "false"},
      {"IMMUDB_SIGNINGKEY", ""},      {"IMMUDB_ADMIN_PASSWORD", "immudb"}};
  std::set<std::string_view> known;
  for (const process::OptionRow& row : ServerProgram().options) {
    known.insert(row.environment.begin(), row.environment.end());
  }
  for (const auto& [name, value] : defaults) EXPECT_TRUE(known.count(name)) << name;
  EXPECT_EQ(ErrorOf({}, defaults), "no error");
}

TEST(SettingsTest, TheDefaultsAreThoseOfImmudb) {
  const auto settings = Read({}, {});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->directory, "./data");
  EXPECT_EQ(settings->address, "0.0.0.0");
  EXPECT_EQ(settings->port, 3322);
  EXPECT_FALSE(settings->detached);
  EXPECT_EQ(settings->pid_file, "");
  EXPECT_EQ(settings->log_file, "");
  EXPECT_EQ(settings->log_level, LogLevel::kInfo);
  EXPECT_EQ(settings->durability, Durability::kDurable);
  EXPECT_EQ(settings->request_bytes_max, 4'194'304u);
  EXPECT_EQ(settings->admin_password, "immudb");
  EXPECT_FALSE(settings->admin_password_was_given);
  EXPECT_FALSE(settings->allow_default_password);
}

TEST(SettingsTest, EverySettingFollowsItsOption) {
  const auto settings = Read({"--dir=d", "-a", "::1", "-p0", "-d", "--pidfile=p", "--logfile=l",
                              "--durability=written", "--max-recv-msg-size=7", "--admin-password=x",
                              "--allow-default-password", "--network-threads=3"},
                             {{"LOG_LEVEL", "WARN"}, {"IMMUDB_CONSISTENCY_CHECK", "false"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->directory, "d");
  EXPECT_EQ(settings->address, "::1");
  EXPECT_EQ(settings->port, 0);
  EXPECT_TRUE(settings->detached);
  EXPECT_EQ(settings->pid_file, "p");
  EXPECT_EQ(settings->log_file, "l");
  EXPECT_EQ(settings->log_level, LogLevel::kWarning);
  EXPECT_EQ(settings->durability, Durability::kWritten);
  EXPECT_EQ(settings->request_bytes_max, 7u);
  EXPECT_EQ(settings->admin_password, "x");
  EXPECT_TRUE(settings->admin_password_was_given);
  EXPECT_TRUE(settings->allow_default_password);
  EXPECT_EQ(settings->network_threads, 3u);
  EXPECT_EQ(settings->scrub_bytes_per_second, 0u);
}

TEST(SettingsTest, TheLogHasAFormAndTellsOfCallsFromAThresholdOn) {
  const auto usual = Read({}, {});
  EXPECT_EQ(usual->log_format, LogFormat::kText);
  EXPECT_EQ(usual->slow_call_ns, 1'000'000'000);
  const auto other = Read({"--log-format=json"}, {{"IMMUDB_SLOW_CALL_THRESHOLD", "20ms"}});
  EXPECT_EQ(other->log_format, LogFormat::kJson);
  EXPECT_EQ(other->slow_call_ns, 20'000'000);
  EXPECT_EQ(Read({"--slow-call-threshold=0"}, {})->slow_call_ns, 0);
  EXPECT_THAT(ErrorOf({"--slow-call-threshold=5"}, {}), HasSubstr("option slow-call-threshold"));
  EXPECT_THAT(ErrorOf({"--log-format=xml"}, {}), HasSubstr("log-format"));
}

TEST(SettingsTest, StoredDataIsReadAgainUnlessThatIsSwitchedOffInOneOfTwoWays) {
  const auto defaults = Read({}, {});
  ASSERT_TRUE(defaults);
  EXPECT_EQ(defaults->scrub_bytes_per_second, 8u << 20);
  EXPECT_EQ(defaults->scrub_interval_s, 86'400u);
  const auto faster = Read({"--scrub-rate=100", "--scrub-interval=60"}, {});
  ASSERT_TRUE(faster);
  EXPECT_EQ(faster->scrub_bytes_per_second, 100u << 20);
  EXPECT_EQ(faster->scrub_interval_s, 60u);
  EXPECT_EQ(Read({"--scrub-rate=0"}, {})->scrub_bytes_per_second, 0u);
  EXPECT_EQ(Read({"--consistency-check=false"}, {})->scrub_bytes_per_second, 0u);
}

TEST(SettingsTest, LoginsCanBeSwitchedOffByName) {
  const auto usual = Read({}, {});
  EXPECT_TRUE(usual->auth);
  EXPECT_FALSE(usual->maintenance || usual->dev_mode || usual->allow_cleartext_management);
  const auto open = Read({"--auth=false", "--maintenance", "--devmode"},
                         {{"IMMUDB_ALLOW_CLEARTEXT_MANAGEMENT", "true"}});
  EXPECT_FALSE(open->auth);
  EXPECT_TRUE(open->maintenance && open->dev_mode && open->allow_cleartext_management);
}

TEST(SettingsTest, AFolderWithoutANameIsRefused) {
  EXPECT_THAT(ErrorOf({"--dir="}, {}), HasSubstr("option dir"));
}

TEST(SettingsTest, WhateverAsksForEncryptionNamesAllFilesOrIsRefused) {
  EXPECT_EQ(Read({}, {})->certificate_file, "");
  EXPECT_EQ(Read({"--certificate=c"}, {})->certificate_file, "");  // Read with mtls only.
  const auto server_only = Read({"--tls-certificate=c", "--tls-key=k"}, {});
  EXPECT_EQ(server_only->certificate_file, "c");
  EXPECT_EQ(server_only->key_file, "k");
  EXPECT_EQ(server_only->client_authorities_file, "");
  const auto mutual = Read({"-m", "--certificate=c", "--pkey=k"}, {{"IMMUDB_CLIENTCAS", "a"}});
  EXPECT_EQ(mutual->certificate_file, "c");
  EXPECT_EQ(mutual->key_file, "k");
  EXPECT_EQ(mutual->client_authorities_file, "a");
  EXPECT_THAT(ErrorOf({"--tls-certificate=c"}, {}), HasSubstr("tls-key"));
  EXPECT_THAT(ErrorOf({"--tls-key=k"}, {}), HasSubstr("tls-certificate"));
  EXPECT_THAT(ErrorOf({"--mtls", "--tls-certificate=c", "--tls-key=k"}, {}), HasSubstr("mtls"));
  EXPECT_THAT(ErrorOf({"--mtls", "--clientcas="}, {}), HasSubstr("clientcas"));
}

TEST(SettingsTest, MetricsAreWhereTheServerIsUnlessTheyAreSentElsewhere) {
  EXPECT_EQ(Read({}, {})->metrics_address, "0.0.0.0");
  EXPECT_EQ(Read({}, {})->metrics_port, 9497);
  EXPECT_TRUE(Read({}, {})->has_histograms);
  EXPECT_EQ(Read({"--address=::1"}, {})->metrics_address, "::1");
  EXPECT_EQ(Read({"--address=unix:/run/s"}, {})->metrics_address, "127.0.0.1");
  const auto other =
      Read({"--metrics-address=127.0.0.1", "--metrics-port=-1", "--no-histograms"}, {});
  EXPECT_EQ(other->metrics_address, "127.0.0.1");
  EXPECT_EQ(other->metrics_port, -1);
  EXPECT_FALSE(other->has_histograms);
}

TEST(SettingsTest, TheSigningKeyHasTwoVariables) {
  EXPECT_EQ(Read({}, {{"IMMUDB_SIGNINGKEY", "a"}})->signing_key_file, "a");
  EXPECT_EQ(Read({}, {{"IMMUDB_SIGNING_KEY", "b"}})->signing_key_file, "b");
  EXPECT_EQ(Read({"--signingKey=c"}, {{"IMMUDB_SIGNING_KEY", "b"}})->signing_key_file, "c");
}

TEST(SettingsTest, TheAdministratorsPasswordIsTrimmedAndMayBeEncoded) {
  EXPECT_EQ(Read({"--admin-password= \tS3cret\n"}, {})->admin_password, "S3cret");
  EXPECT_EQ(Read({"--admin-password=enc:UzNjcmV0"}, {})->admin_password, "S3cret");
  EXPECT_EQ(Read({"--admin-password= enc: UzNjcmV0 "}, {})->admin_password, "S3cret");
  EXPECT_EQ(Read({}, {{"IMMUDB_ADMIN_PASSWORD", "enc:IA=="}})->admin_password, " ");
}

TEST(SettingsTest, AnEmptyOrUndecodablePasswordIsRefusedAndNotRepeated) {
  EXPECT_EQ(ErrorOf({"--admin-password="}, {}), "Admin password cannot be empty");
  EXPECT_EQ(ErrorOf({"--admin-password=  "}, {}), "Admin password cannot be empty");
  EXPECT_EQ(ErrorOf({"--admin-password=enc:"}, {}), "Admin password cannot be empty");
  const std::string error = ErrorOf({"--admin-password=enc:S3cret"}, {});
  EXPECT_THAT(error, HasSubstr("error decoding password from base64 string"));
  EXPECT_THAT(error, Not(HasSubstr("S3cret")));
}

TEST(SettingsTest, ThreadsGrowWithTheProcessors) {
  for (const std::uint32_t processors : {0u, 1u, 2u}) {
    const ThreadCounts few = ThreadCountsFor(processors);
    EXPECT_EQ(few.committers, 1u);
    EXPECT_EQ(few.syncs, 2u);
    EXPECT_EQ(few.reads, 2u);
    EXPECT_EQ(few.hashing, 1u);
  }
  const ThreadCounts many = ThreadCountsFor(64);
  EXPECT_EQ(many.committers, 8u);
  EXPECT_EQ(many.syncs, 8u);
  EXPECT_EQ(many.reads, 64u);
  EXPECT_EQ(many.hashing, 4u);
}

}  // namespace
}  // namespace immudb::server
