// Writes metrics as text that Prometheus reads, format version 0.0.4.
//
// Source: prometheus.io/docs/instrumenting/exposition_formats.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/counters.h"

namespace immudb::metrics {

inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

using Labels = std::vector<std::pair<std::string_view, std::string_view>>;

enum class MetricType : std::uint8_t { kCounter, kGauge, kUntyped, kHistogram };

// Families come one after the other, each with all its samples.
// Not thread-safe.
class Exposition {
 public:
  // Begins a family. `name` and `help` are ours: letters, and no backslash or end of line.
  void Begin(std::string_view name, MetricType type, std::string_view help);

  // Adds a sample of the family begun last. Label values may be anything. A function per type, for
  // a number must not change on its way.
  void Add(const Labels& labels, std::uint64_t value);
  void Add(const Labels& labels, double value);
  void Add(const Labels& labels, const HistogramValues& values);

  // A family of one sample.
  template <typename Value>
  void AddSingle(std::string_view name, MetricType type, std::string_view help, Value value) {
    Begin(name, type, help);
    Add({}, value);
  }

  std::string Take() { return std::move(text_); }

 private:
  void AddLine(std::string_view suffix, const Labels& labels, std::string_view bound,
               std::string_view value);

  std::string name_;
  std::string text_;
};

}  // namespace immudb::metrics
