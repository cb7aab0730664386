#include "metrics/exposition.h"

#include "base/error.h"

namespace immudb::metrics {
namespace {

std::string_view TypeText(MetricType type) {
  switch (type) {
    case MetricType::kCounter: return "counter";
    case MetricType::kGauge: return "gauge";
    case MetricType::kUntyped: return "untyped";
    case MetricType::kHistogram: return "histogram";
  }
  return "untyped";
}

void AppendEscaped(std::string& out, std::string_view value) {
  for (const char character : value) {
    if (character == '\\') {
      out += "\\\\";
    } else if (character == '"') {
      out += "\\\"";
    } else if (character == '\n') {
      out += "\\n";
    } else {
      out += character;
    }
  }
}

}  // namespace

void Exposition::Begin(std::string_view name, MetricType type, std::string_view help) {
  name_ = name;
  text_ += Text("# HELP {} {}\n# TYPE {} {}\n", name, help, name, TypeText(type));
}

void Exposition::AddLine(std::string_view suffix, const Labels& labels, std::string_view bound,
                         std::string_view value) {
  text_ += name_;
  text_ += suffix;
  char before = '{';
  for (const auto& [label, label_value] : labels) {
    text_ += before;
    text_ += label;
    text_ += "=\"";
    AppendEscaped(text_, label_value);
    text_ += '"';
    before = ',';
  }
  if (!bound.empty()) {
    text_ += Text("{}le=\"{}\"", before, bound);
    before = ',';
  }
  if (before == ',') text_ += '}';
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void Exposition::Add(const Labels& labels, std::uint64_t value) {
  AddLine("", labels, "", Text("{}", value));
}

void Exposition::Add(const Labels& labels, double value) {
  AddLine("", labels, "", Text("{}", value));
}

void Exposition::Add(const Labels& labels, const HistogramValues& values) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < kSecondsBounds.size(); ++i) {
    count += values.counts[i];
    AddLine("_bucket", labels, Text("{}", kSecondsBounds[i]), Text("{}", count));
  }
  count += values.counts.back();
  AddLine("_bucket", labels, "+Inf", Text("{}", count));
  AddLine("_sum", labels, "", Text("{}", values.sum_seconds));
  AddLine("_count", labels, "", Text("{}", count));
}

}  // namespace immudb::metrics
