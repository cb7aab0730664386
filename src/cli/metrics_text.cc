#include "cli/metrics_text.h"

#include <charconv>
#include <cstddef>
#include <utility>

#include "base/error.h"

namespace immudb::cli {
namespace {

struct Line {
  std::string name;
  MetricSample sample;
};

// Reads one line that is no comment: `name{label="value",…} number [time]`.
class LineReader {
 public:
  explicit LineReader(std::string_view text) : rest_(text) {}

  std::optional<Line> Read() {
    Line line;
    line.name = TakeUntil("{ \t");
    if (line.name.empty()) return std::nullopt;
    if (Take('{') && !ReadLabels(line.sample)) return std::nullopt;
    SkipBlanks();
    const std::string number = TakeUntil(" \t");
    const char* const end = number.data() + number.size();
    const char* const start = number.starts_with('+') ? number.data() + 1 : number.data();
    const auto [stop, fault] = std::from_chars(start, end, line.sample.value);
    if (fault != std::errc() || stop != end) return std::nullopt;
    return line;
  }

 private:
  bool ReadLabels(MetricSample& sample) {
    while (!Take('}')) {
      SkipBlanks();
      const std::string name = TakeUntil("=");
      if (!Take('=') || !Take('"')) return false;
      std::optional<std::string> value = ReadQuoted();
      if (!value.has_value()) return false;
      sample.labels.insert_or_assign(name, *std::move(value));
      Take(',');
      if (rest_.empty()) return false;
    }
    return true;
  }

  std::optional<std::string> ReadQuoted() {
    std::string text;
    while (!rest_.empty()) {
      char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return text;
      if (c == '\\' && !rest_.empty()) {
        c = rest_.front() == 'n' ? '\n' : rest_.front();
        rest_.remove_prefix(1);
      }
      text += c;
    }
    return std::nullopt;
  }

  std::string TakeUntil(std::string_view ends) {
    const std::size_t at = std::min(rest_.find_first_of(ends), rest_.size());
    std::string text(rest_.substr(0, at));
    rest_.remove_prefix(at);
    return text;
  }

  bool Take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void SkipBlanks() {
    while (Take(' ') || Take('\t')) {
    }
  }

  std::string_view rest_;
};

}  // namespace

Result<MetricsText> MetricsText::Parse(std::string_view text) {
  MetricsText page;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view row = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    if (row.find_first_not_of(" \t\r") == std::string_view::npos || row.front() == '#') continue;
    std::optional<Line> line = LineReader(row).Read();
    if (!line.has_value()) return Fail(Code::kCorrupted, "line {} is no metric", number);
    page.series_[line->name].push_back(std::move(line->sample));
  }
  return page;
}

const std::vector<MetricSample>& MetricsText::Samples(std::string_view name) const {
  static const std::vector<MetricSample> none;
  const auto found = series_.find(name);
  return found == series_.end() ? none : found->second;
}

std::optional<double> MetricsText::Value(std::string_view name) const {
  const std::vector<MetricSample>& samples = Samples(name);
  if (samples.empty()) return std::nullopt;
  return samples.front().value;
}

}  // namespace immudb::cli
