#include "cli/audit_filter.h"

#include <gtest/gtest.h>

namespace immudb::cli {
namespace {

constexpr std::int64_t kNowUs = 1'700'000'000'000'000;

AuditEntry EntryOf(std::string_view value) {
  return {.index = {7}, .key = {}, .value = {value.begin(), value.end()}};
}

const AuditEntry kLogin = EntryOf(
    R"({"time_us":1607431920000001,"event":"login","actor":"immudb","address":"127.0.0.1"})");

TEST(AuditFilterTest, MomentsAreDatesTimesOrDurations) {
  EXPECT_EQ(ParseMoment("90s", kNowUs).value(), kNowUs - 90'000'000);
  EXPECT_EQ(ParseMoment("7d", kNowUs).value(), kNowUs - 7 * 86'400'000'000);
  EXPECT_EQ(ParseMoment("2020-12-08", kNowUs).value(), 1'607'385'600'000'000);
  EXPECT_EQ(ParseMoment("2020-12-08T12:52", kNowUs).value(), 1'607'431'920'000'000);
  EXPECT_EQ(ParseMoment("2020-12-08T12:52:01Z", kNowUs).value(), 1'607'431'921'000'000);
  for (const char* text :
       {"", "s", "12", "-1h", "1.5h", "yesterday", "2020-13-01", "2020-12-08x"}) {
    EXPECT_EQ(ParseMoment(text, kNowUs).error().code, Code::kInvalidArgument) << text;
  }
}

TEST(AuditFilterTest, AnEventIsShownAsALineOrAsJson) {
  EXPECT_EQ(AuditLine(kLogin, {}, {}),
            "2020-12-08 12:52:00.000001  login  actor=immudb  address=127.0.0.1\n");
  EXPECT_EQ(AuditLine(kLogin, {}, {.form = OutputForm::kJson}),
            "{\"index\":7,\"time_us\":1607431920000001,\"event\":\"login\",\"actor\":\"immudb\","
            "\"address\":\"127.0.0.1\"}\n");
}

TEST(AuditFilterTest, OnlyWhatIsAskedForPasses) {
  EXPECT_TRUE(AuditLine(kLogin, {.user = "immudb", .event = "login"}, {}));
  EXPECT_FALSE(AuditLine(kLogin, {.user = "other"}, {}));
  EXPECT_FALSE(AuditLine(kLogin, {.event = "logout"}, {}));
  EXPECT_FALSE(AuditLine(kLogin, {.database = "defaultdb"}, {}));
  EXPECT_TRUE(AuditLine(kLogin, {.since_us = 1607431920000001}, {}));
  EXPECT_FALSE(AuditLine(kLogin, {.since_us = 1607431920000002}, {}));
  EXPECT_FALSE(AuditLine(kLogin, {.until_us = 1607431920000001}, {}));
  const AuditEntry created = EntryOf(R"({"time_us":5,"event":"user created","subject":"eve"})");
  EXPECT_TRUE(AuditLine(created, {.user = "eve"}, {}));
}

TEST(AuditFilterTest, NothingInAnEntryDrivesATerminalOrBreaksALine) {
  for (const char* value : {"no json \x1b[2J", R"({"event":"a\nb","reason":"\u001b[31m"})",
                            R"({"event":7,"time_us":"x","actor":{"a":[1]}})", "[1,2]", "\xff"}) {
    const auto line = AuditLine(EntryOf(value), {}, {});
    ASSERT_TRUE(line) << value;
    EXPECT_EQ(line->find('\n'), line->size() - 1) << *line;
    EXPECT_EQ(line->find('\x1b'), std::string::npos) << *line;
    EXPECT_TRUE(AuditLine(EntryOf(value), {}, {.form = OutputForm::kJson}));
  }
}

}  // namespace
}  // namespace immudb::cli
