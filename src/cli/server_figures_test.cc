#include "cli/server_figures.h"

#include <gtest/gtest.h>

namespace immudb::cli {
namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::chrono::system_clock::time_point kNow{seconds(1'607'431'930)};

ServerFigures Figures(std::string_view page) {
  const auto metrics = MetricsText::Parse(page);
  EXPECT_TRUE(metrics.has_value());
  return FiguresOf(*metrics);
}

constexpr std::string_view kPage =
    "immudb_lsm_size_bytes{database=\"data/defaultdb\"} 512\n"
    "immudb_lsm_size_bytes{database=\"data/second\"} 0\n"
    "immudb_vlog_size_bytes{database=\"data/defaultdb\"} 1024\n"
    "immudb_vlog_size_bytes{database=\"data/second\"} 3\n"
    "immudb_entries{database=\"data/second\"} 7\n"
    "immudb_number_of_stored_entries 42\n"
    "immudb_uptime_hours 1.5\n"
    "immudb_number_of_rpcs_per_client{ip=\"127.0.0.1\"} 5\n"
    "immudb_clients_last_message_at_unix_seconds{ip=\"127.0.0.1\"} 1607431928.5\n"
    "grpc_server_handling_seconds_sum{grpc_method=\"Set\"} 0.004\n"
    "grpc_server_handling_seconds_count{grpc_method=\"Set\"} 4\n"
    "grpc_server_handling_seconds_sum{grpc_method=\"Get\"} 0\n"
    "grpc_server_handling_seconds_count{grpc_method=\"Get\"} 0\n";

TEST(ServerFiguresTest, TheTextIsThatOfImmudb081AndOtherDatabasesFollow) {
  EXPECT_EQ(FiguresText(Figures(kPage), kNow, {}),
            "Database path              :\tdata/defaultdb\n"
            "Uptime                     :\t1h30m0s\n"
            "Number of entries          :\t42\n"
            "LSM size                   :\t512 B\n"
            "VLog size                  :\t1.0 kB\n"
            "Total size                 :\t1.5 kB\n"
            "Number of clients          :\t1\n"
            "Queries per client         :\t\n"
            "   127.0.0.1               :\t5\n"
            "      Last query           :\t1.5s ago\n"
            "Avg. duration (nb calls)   :\tµs\n"
            "   Set (4)                 :\t1000\n"
            "Database path              :\tdata/second\n"
            "LSM size                   :\t0 B\n"
            "VLog size                  :\t3 B\n"
            "Total size                 :\t3 B\n"
            "Entries                    :\t7\n");
}

TEST(ServerFiguresTest, WhatThePageDoesNotHaveIsNotInvented) {
  const std::string text = FiguresText(Figures(""), kNow, {});
  EXPECT_NE(text.find("Database path              :\tn/a\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Uptime                     :\tn/a\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Number of entries          :\tn/a\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("Avg. duration"), std::string::npos) << text;
  const std::string json = FiguresText(Figures(""), kNow, {.form = OutputForm::kJson});
  EXPECT_EQ(json.find("{\"uptime_hours\":null,\"entries\":null,\"databases\":[]"), 0u) << json;
}

TEST(ServerFiguresTest, LabelsAndNumbersOfAStrangerDoNoHarm) {
  const ServerFigures figures = Figures(
      "immudb_lsm_size_bytes{database=\"\\x1b[2J\"} NaN\n"
      "immudb_uptime_hours +Inf\n"
      "immudb_number_of_rpcs_per_client{ip=\"\"} -1\n"
      "immudb_clients_last_message_at_unix_seconds{ip=\"\"} -1e300\n"
      "grpc_server_handling_seconds_count{grpc_method=\"Set\"} NaN\n");
  const std::string text = FiguresText(figures, kNow, {.escape = Escape::kYes});
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_NE(text.find("LSM size                   :\tn/a\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("Set"), std::string::npos) << text;
}

TEST(ServerFiguresTest, SizesCountIn1024) {
  EXPECT_EQ(SizeText(0), "0 B");
  EXPECT_EQ(SizeText(1023), "1023 B");
  EXPECT_EQ(SizeText(1536), "1.5 kB");
  EXPECT_EQ(SizeText(277.4 * 1024 * 1024), "277.4 MB");
  EXPECT_EQ(SizeText(1e24), "867361.7 EB");
}

TEST(ServerFiguresTest, DurationsAreWrittenAsInGo) {
  EXPECT_EQ(DurationText(nanoseconds(0)), "0s");
  EXPECT_EQ(DurationText(nanoseconds(15)), "15ns");
  EXPECT_EQ(DurationText(nanoseconds(1'500)), "1.5µs");
  EXPECT_EQ(DurationText(nanoseconds(24'424'889)), "24.424889ms");
  EXPECT_EQ(DurationText(seconds(3)), "3s");
  EXPECT_EQ(DurationText(seconds(60)), "1m0s");
  EXPECT_EQ(DurationText(seconds(3'600) + nanoseconds(500'000'000)), "1h0m0.5s");
}

TEST(ServerFiguresTest, StructuredCallsAreOfTheKindOfTheOthers) {
  EXPECT_EQ(KindOf("SafeGetSV"), CallKind::kRead);
  EXPECT_EQ(KindOf("SetBatchSV"), CallKind::kWrite);
  EXPECT_EQ(KindOf("ListUsers"), CallKind::kOther);
}

}  // namespace
}  // namespace immudb::cli
