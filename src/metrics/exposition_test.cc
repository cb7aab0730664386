#include "metrics/exposition.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace immudb::metrics {
namespace {

TEST(ExpositionTest, FamiliesAreWrittenAsPrometheusReadsThem) {
  Exposition out;
  out.Begin("calls_total", MetricType::kCounter, "Calls.");
  out.Add({{"method", "Get"}, {"code", "OK"}}, std::uint64_t{3});
  out.Add({}, std::uint64_t{18'446'744'073'709'551'615u});
  out.AddSingle("hours", MetricType::kGauge, "Hours.", 1.5);
  out.AddSingle("size", MetricType::kUntyped, "Size.", std::uint64_t{0});
  EXPECT_EQ(out.Take(),
            "# HELP calls_total Calls.\n# TYPE calls_total counter\n"
            "calls_total{method=\"Get\",code=\"OK\"} 3\ncalls_total 18446744073709551615\n"
            "# HELP hours Hours.\n# TYPE hours gauge\nhours 1.5\n"
            "# HELP size Size.\n# TYPE size untyped\nsize 0\n");
}

TEST(ExpositionTest, WhateverALabelHoldsStaysWithinItsQuotes) {
  Exposition out;
  out.Begin("m", MetricType::kGauge, "M.");
  out.Add({{"l", "a\"b\\c\nd} 1"}}, std::uint64_t{1});
  EXPECT_EQ(out.Take(), "# HELP m M.\n# TYPE m gauge\nm{l=\"a\\\"b\\\\c\\nd} 1\"} 1\n");
}

TEST(ExpositionTest, AHistogramIsCumulative) {
  DurationHistogram histogram;
  histogram.Add(1'000'000);  // 1 ms.
  histogram.Add(5'000'000);  // At a bound: belongs to it.
  histogram.Add(300'000'000);
  histogram.Add(64'000'000'000);  // Beyond the last.
  Exposition out;
  out.Begin("t", MetricType::kHistogram, "T.");
  out.Add({{"m", "x"}}, histogram.values());
  EXPECT_EQ(out.Take(),
            "# HELP t T.\n# TYPE t histogram\n"
            "t_bucket{m=\"x\",le=\"0.005\"} 2\nt_bucket{m=\"x\",le=\"0.01\"} 2\n"
            "t_bucket{m=\"x\",le=\"0.025\"} 2\nt_bucket{m=\"x\",le=\"0.05\"} 2\n"
            "t_bucket{m=\"x\",le=\"0.1\"} 2\nt_bucket{m=\"x\",le=\"0.25\"} 2\n"
            "t_bucket{m=\"x\",le=\"0.5\"} 3\nt_bucket{m=\"x\",le=\"1\"} 3\n"
            "t_bucket{m=\"x\",le=\"2.5\"} 3\nt_bucket{m=\"x\",le=\"5\"} 3\n"
            "t_bucket{m=\"x\",le=\"10\"} 3\nt_bucket{m=\"x\",le=\"+Inf\"} 4\n"
            "t_sum{m=\"x\"} 64.306\nt_count{m=\"x\"} 4\n");
}

TEST(ExpositionTest, NothingIsLostWhenManyThreadsCount) {
  Counter counter;
  DurationHistogram histogram;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&counter, &histogram] {
      for (int j = 0; j < 1000; ++j) {
        counter.Add();
        histogram.Add(j);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(counter.value(), 4000u);
  EXPECT_EQ(histogram.values().counts[0], 4000u);
}

}  // namespace
}  // namespace immudb::metrics
