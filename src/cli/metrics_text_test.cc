#include "cli/metrics_text.h"

#include <gtest/gtest.h>

#include <cmath>

namespace immudb::cli {
namespace {

TEST(MetricsTextTest, SamplesAreFoundByNameWithTheirLabels) {
  const auto page = MetricsText::Parse(
      "# HELP calls Calls.\n# TYPE calls counter\n"
      "calls{ip=\"127.0.0.1\",kind=\"a\"} 3\n"
      "calls{ip=\"::1\",} 4.5e3 1607431920000\n"
      "\n"
      "up 1");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  const std::vector<MetricSample>& calls = page->Samples("calls");
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[0].labels.at("ip"), "127.0.0.1");
  EXPECT_EQ(calls[0].labels.at("kind"), "a");
  EXPECT_EQ(calls[0].value, 3);
  EXPECT_EQ(calls[1].labels.at("ip"), "::1");
  EXPECT_EQ(calls[1].value, 4500);
  EXPECT_EQ(page->Value("up"), 1);
}

TEST(MetricsTextTest, WhatIsNotThereHasNoValue) {
  const auto page = MetricsText::Parse("");
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->Value("up"), std::nullopt);
  EXPECT_TRUE(page->Samples("up").empty());
}

TEST(MetricsTextTest, LabelsMayHoldEveryCharacter) {
  const auto page = MetricsText::Parse(R"(m{a="x\"y\\z\nend}",b="{,="} 1)");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_EQ(page->Samples("m")[0].labels.at("a"), "x\"y\\z\nend}");
  EXPECT_EQ(page->Samples("m")[0].labels.at("b"), "{,=");
}

TEST(MetricsTextTest, NumbersMayBeInfiniteOrNone) {
  const auto page = MetricsText::Parse("a +Inf\nb NaN\nc -Inf\n");
  ASSERT_TRUE(page.has_value()) << page.error().message;
  EXPECT_TRUE(std::isinf(*page->Value("a")));
  EXPECT_TRUE(std::isnan(*page->Value("b")));
  EXPECT_LT(*page->Value("c"), 0);
}

TEST(MetricsTextTest, ALineThatIsNoMetricIsNamed) {
  for (const std::string_view line : {"name", "name x", "{a=\"b\"} 1", "m{a=\"b} 1", "m{a=\"b\" 1",
                                      "m{a} 1", "m 1x", "m{a=\"b\""}) {
    const auto page = MetricsText::Parse(std::string("up 1\n") + std::string(line));
    ASSERT_FALSE(page.has_value()) << line;
    EXPECT_EQ(page.error().code, Code::kCorrupted);
    EXPECT_EQ(page.error().message, "line 2 is no metric");
  }
}

}  // namespace
}  // namespace immudb::cli
