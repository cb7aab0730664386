#include "report.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "expectations.h"

namespace immudb::bench {
namespace {

// What a report writes of one row, as JSON.
nlohmann::json Written(const Row& row) {
  const std::string path = testing::TempDir() + "/report_test.json";
  std::filesystem::remove(path);
  {
    auto report = Report::Open(path);
    EXPECT_TRUE(report.has_value());
    report->Add(row);
  }
  std::ifstream file(path);
  return nlohmann::json::parse(file);
}

TEST(ReportTest, ARatioAboveOneIsBetterOfRatesAndOfCostsAlike) {
  const nlohmann::json rate =
      Written({.name = "async set, 128 in flight, durable", .figures = {{"per_second", 7e5, {}}}});
  EXPECT_EQ(rate["compared"]["per_second"]["target"], 350'000);
  EXPECT_EQ(rate["compared"]["per_second"]["of_target"], 2);
  const nlohmann::json cost =
      Written({.name = "Set, 128 in flight, 1 connection", .figures = {{"cpu_us", 16, {}}}});
  EXPECT_EQ(cost["compared"]["cpu_us"]["of_target"], 0.5);
  EXPECT_EQ(cost["compared"]["cpu_us"]["immudb_0_8_1"], 89);
}

TEST(ReportTest, ATargetOfTheSameRunIsAnUpperBound) {
  const nlohmann::json row = Written({.name = "row", .figures = {{"p50_us", 50, 100}}});
  EXPECT_EQ(row["compared"]["p50_us"]["of_target"], 2);
  EXPECT_EQ(row["p50_us"], 50);
}

TEST(ReportTest, ItCountsTargetsAndThoseThatWereMissed) {
  auto report = Report::Open({});
  report->Add({.name = "row", .figures = {{"p50_us", 50, 100}, {"p99_us", 300, 200}}});
  report->Add({.name = "row without a target", .figures = {{"p50_us", 50, {}}}});
  EXPECT_EQ(report->judged(), 2);
  EXPECT_EQ(report->missed(), 1);
}

TEST(ReportTest, ARowOfOneCallIsNotComparedWithAnother) {
  EXPECT_EQ(FindExpectation("SetBatch of 100, 128 in flight, 1 connection", "cpu_us")->target, 60);
  EXPECT_EQ(FindExpectation("SafeSet, 128 in flight, 1 connection", "cpu_us")->target, 12);
  EXPECT_EQ(FindExpectation("Set, 16 in flight, 1 connection", "cpu_us")->target, 12);
  EXPECT_EQ(FindExpectation("Set, 128 in flight, 1 connection", "p50_us"), nullptr);
}

}  // namespace
}  // namespace immudb::bench
