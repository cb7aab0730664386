// Reads a page of metrics in the text format of Prometheus.
//
// Source: Prometheus, text exposition format 0.0.4.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "immudb/result.h"

namespace immudb::cli {

struct MetricSample {
  std::map<std::string, std::string, std::less<>> labels;
  double value = 0;
};

// The samples of a page, by the name of their series. Thread-compatible.
class MetricsText {
 public:
  // Errors: kCorrupted, naming the line.
  static Result<MetricsText> Parse(std::string_view text);

  // In the order of the page.
  const std::vector<MetricSample>& Samples(std::string_view name) const;
  // The value of the first sample with that name, or nothing.
  std::optional<double> Value(std::string_view name) const;

 private:
  std::map<std::string, std::vector<MetricSample>, std::less<>> series_;
};

}  // namespace immudb::cli
