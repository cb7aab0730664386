#include "cli/dashboard.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/error.h"
#include "base/unicode.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kPointsMax = 1024;
constexpr std::size_t kLabelWidth = 16;
constexpr std::size_t kValueWidth = 12;
constexpr double kMicrosecondsOfSecond = 1e6;
constexpr double kPercent = 100;
constexpr std::string_view kNone = "-";
constexpr std::array<std::string_view, 8> kBlocks = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<std::string_view, 8> kAsciiBlocks = {"_", ".", ",", "-", "=", "+", "*", "#"};
constexpr std::string_view kLeave = "q: leave";

std::string CountText(double value) {
  return Text("{:.0f}", value);
}
std::string RateText(double value) {
  return value < 100 ? Text("{:.1f}/s", value) : Text("{:.0f}/s", value);
}
std::string SizeRateText(double value) {
  return Text("{}/s", SizeText(value));
}
std::string MicrosecondsText(double value) {
  return Text("{:.0f} us", value);
}
std::string PercentText(double value) {
  return Text("{:.0f} %", value);
}

std::string OrNone(const std::optional<double>& value, std::string (*show)(double)) {
  return value.has_value() && std::isfinite(*value) ? show(*value) : std::string(kNone);
}

// Names come from another machine: what could drive the terminal is escaped.
std::string Safe(std::string_view name) {
  return ShownBytes(AsBytes(name), {.escape = Escape::kYes});
}

std::size_t WidthOf(std::string_view text) {
  return DecodeUtf8(text).size();
}

// `text` on the left of, or behind, blanks up to the width; never cut.
std::string Left(std::string_view text, std::size_t width) {
  return std::string(text) + std::string(width - std::min(width, WidthOf(text)), ' ');
}
std::string Right(std::string_view text, std::size_t width) {
  return std::string(width - std::min(width, WidthOf(text)), ' ') + std::string(text);
}

// The first `width` characters. A byte that belongs to no character counts as one.
std::string Cut(const std::string& text, std::size_t width) {
  std::size_t at = 0;
  for (; at < text.size() && width > 0; --width) {
    for (++at; at < text.size() && (static_cast<std::uint8_t>(text[at]) & 0xC0) == 0x80;) ++at;
  }
  return text.substr(0, at);
}

ScreenLine CutLine(const ScreenLine& line, std::size_t width) {
  ScreenLine cut;
  for (const ScreenPart& part : line) {
    cut.push_back({Cut(part.text, width), part.look});
    width -= std::min(width, WidthOf(cut.back().text));
  }
  return cut;
}

std::string ClockText(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  std::array<char, 16> text{};
  if (localtime_r(&seconds, &parts) == nullptr) return {};
  return {text.data(), std::strftime(text.data(), text.size(), "%H:%M:%S", &parts)};
}

// `3d 4h 5m`; no more than a glance needs.
std::string UptimeText(double hours) {
  const auto minutes = static_cast<std::int64_t>(std::clamp(hours * 60, 0.0, 1e9));
  if (minutes >= 24 * 60) {
    return Text("{}d {}h {}m", minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
  }
  if (minutes >= 60) return Text("{}h {}m", minutes / 60, minutes % 60);
  return Text("{}m {:.0f}s", minutes,
              std::floor(std::clamp(hours, 0.0, 1.0) * 3600) - static_cast<double>(minutes * 60));
}

double SecondsBetween(const std::optional<Moment>& before, const Moment& now) {
  return before.has_value() ? std::chrono::duration<double>(now.steady - before->steady).count()
                            : 0;
}

}  // namespace

std::string CurveText(const std::deque<double>& values, std::size_t width, Glyphs glyphs) {
  const auto& blocks = glyphs == Glyphs::kUnicode ? kBlocks : kAsciiBlocks;
  const std::size_t count = std::min(width, values.size());
  const auto first = values.end() - static_cast<std::ptrdiff_t>(count);
  const double highest = count == 0 ? 0 : *std::max_element(first, values.end());
  std::string text(width - count, ' ');
  for (auto value = first; value != values.end(); ++value) {
    const double part = highest > 0 ? std::clamp(*value / highest, 0.0, 1.0) : 0;
    text += blocks[static_cast<std::size_t>(std::lround(part * (kBlocks.size() - 1)))];
  }
  return text;
}

Dashboard::Dashboard(std::string server, Glyphs glyphs)
    : server_(std::move(server)), glyphs_(glyphs) {}

void Dashboard::Follow(const std::string& name, const std::optional<double>& value) {
  Series& series = series_[name];
  series.last = value.has_value() && std::isfinite(*value) ? value : std::nullopt;
  series.values.push_back(series.last.value_or(0));
  if (series.values.size() > kPointsMax) series.values.pop_front();
}

std::optional<double> Dashboard::Rate(const std::string& name, const std::optional<double>& reading,
                                      double seconds) {
  Counter& counter = counters_[name];
  const std::optional<double> before = std::exchange(counter.reading, reading);
  counter.per_second.reset();
  if (seconds > 0 && before.has_value() && reading.has_value() && *reading >= *before) {
    counter.per_second = (*reading - *before) / seconds;
  }
  return counter.per_second;
}

// The mean time of the calls since the reading before.
void Dashboard::FollowLatency(const std::string& name, double calls, double call_seconds) {
  // Both rates are of the same time, which is left out of their quotient.
  const auto more_calls = Rate(name + " count", calls, 1);
  const auto more_seconds = Rate(name + " sum", call_seconds, 1);
  std::optional<double> mean;
  if (more_calls.value_or(0) > 0 && more_seconds.has_value()) {
    mean = *more_seconds / *more_calls * kMicrosecondsOfSecond;
  }
  Follow(name, mean);
}

void Dashboard::FollowCalls(const ServerFigures& figures, double seconds) {
  struct Sum {
    double calls = 0;
    double seconds = 0;
  };
  std::array<Sum, 3> sums{};
  for (const MethodFigures& method : figures.methods) {
    Sum& sum = sums[static_cast<std::size_t>(KindOf(method.name))];
    sum.calls += method.calls;
    sum.seconds += method.seconds;
    Rate("method " + method.name, method.calls, seconds);
  }
  const Sum& reads = sums[static_cast<std::size_t>(CallKind::kRead)];
  const Sum& writes = sums[static_cast<std::size_t>(CallKind::kWrite)];
  Follow("reads", Rate("reads", reads.calls, seconds));
  Follow("writes", Rate("writes", writes.calls, seconds));
  FollowLatency("read time", reads.calls, reads.seconds);
  FollowLatency("write time", writes.calls, writes.seconds);
}

void Dashboard::Add(const ServerFigures& figures, Moment now) {
  const double seconds = SecondsBetween(read_at_, now);
  FollowCalls(figures, seconds);
  double log_bytes = 0;
  for (const DatabaseFigures& database : figures.databases) {
    log_bytes += database.log_bytes;
    Rate("entries " + database.path, database.entries, seconds);
  }
  std::optional<double> cpu = Rate("cpu", figures.cpu_seconds, seconds);
  if (cpu.has_value()) *cpu *= kPercent;
  Follow("cpu", cpu);
  Follow("memory", figures.used_bytes);
  Follow("log", log_bytes);
  Follow("disk", Rate("disk", figures.disk_written_bytes, seconds));
  figures_ = figures;
  read_at_ = now;
  shown_at_ = now;
  failure_.clear();
}

void Dashboard::AddFailure(std::string reason, Moment now) {
  shown_at_ = now;
  failure_ = std::move(reason);
}

ScreenLine Dashboard::TopLine(std::size_t columns) const {
  std::string text = Text(" immudb at {}", Safe(server_));
  if (figures_.uptime_hours.has_value() && std::isfinite(*figures_.uptime_hours)) {
    text += Text("   up {}", UptimeText(*figures_.uptime_hours));
  }
  if (shown_at_.has_value()) text += Text("   {}", ClockText(shown_at_->system));
  const std::size_t left = columns - std::min(columns, WidthOf(text) + 1);
  text += left > kLeave.size() ? Right(kLeave, left) + " " : std::string(left + 1, ' ');
  return {{text, Look::kBar}};
}

ScreenLine Dashboard::CurveLine(std::string_view label, const std::string& series,
                                std::string (*show)(double), std::size_t columns) const {
  const auto found = series_.find(series);
  const Series none;
  const Series& shown = found == series_.end() ? none : found->second;
  const std::size_t taken = 1 + kLabelWidth + kValueWidth + 2 + 1;
  const std::size_t width = columns - std::min(columns, taken);
  return {{" " + Left(label, kLabelWidth)},
          {Right(OrNone(shown.last, show), kValueWidth) + "  "},
          {CurveText(shown.values, width, glyphs_), Look::kCurve}};
}

std::vector<ScreenLine> Dashboard::CurveLines(std::size_t columns) const {
  const std::string connections = OrNone(figures_.connections, CountText);
  return {
      CurveLine("Reads", "reads", RateText, columns),
      CurveLine("Writes", "writes", RateText, columns),
      CurveLine("Time of a read", "read time", MicrosecondsText, columns),
      CurveLine("Time of a write", "write time", MicrosecondsText, columns),
      CurveLine("Memory", "memory", SizeText, columns),
      CurveLine("Processor", "cpu", PercentText, columns),
      CurveLine("Logs", "log", SizeText, columns),
      CurveLine("Written to disk", "disk", SizeRateText, columns),
      {{" " + Left("Clients", kLabelWidth)},
       {Right(Text("{}", figures_.clients.size()), kValueWidth)},
       {Text("  connections: {}", connections), Look::kFaint}},
  };
}

std::vector<ScreenLine> Dashboard::DatabaseLines() const {
  std::size_t width = kLabelWidth;
  for (const DatabaseFigures& database : figures_.databases) {
    width = std::max(width, WidthOf(Safe(database.path)));
  }
  const auto row = [&](std::string_view name, const std::array<std::string, 5>& cells) {
    std::string text = " " + Left(name, width);
    for (const std::string& cell : cells) text += Right(cell, kValueWidth);
    return text;
  };
  std::vector<ScreenLine> lines = {
      {{row("Database", {"entries", "new", "log", "derived", "queued"}), Look::kTitle}}};
  for (const DatabaseFigures& database : figures_.databases) {
    const auto counter = counters_.find("entries " + database.path);
    const auto rate = counter == counters_.end() ? std::nullopt : counter->second.per_second;
    lines.push_back(
        {{row(Safe(database.path), {OrNone(database.entries, CountText), OrNone(rate, RateText),
                                    SizeText(database.log_bytes), SizeText(database.derived_bytes),
                                    OrNone(database.queued_writes, CountText)})}});
  }
  return lines;
}

// The methods that are called most often right now come first.
std::vector<ScreenLine> Dashboard::MethodLines() const {
  if (figures_.methods.empty()) return {};
  const auto rate = [this](const MethodFigures& method) {
    const auto counter = counters_.find("method " + method.name);
    return counter == counters_.end() ? std::nullopt : counter->second.per_second;
  };
  std::vector<MethodFigures> methods = figures_.methods;
  std::stable_sort(methods.begin(), methods.end(), [&](const auto& a, const auto& b) {
    return rate(a).value_or(0) > rate(b).value_or(0);
  });
  const auto row = [](std::string_view name, std::string_view calls, std::string_view per_second,
                      std::string_view mean) {
    return Text(" {}{}{}{}", Left(name, kLabelWidth), Right(calls, kValueWidth),
                Right(per_second, kValueWidth), Right(mean, kValueWidth));
  };
  std::vector<ScreenLine> lines = {{{row("Method", "calls", "now", "mean time"), Look::kTitle}}};
  for (const MethodFigures& method : methods) {
    const double mean = method.seconds / method.calls * kMicrosecondsOfSecond;
    lines.push_back({{row(Safe(method.name), CountText(method.calls),
                          OrNone(rate(method), RateText), MicrosecondsText(mean))}});
  }
  return lines;
}

std::vector<ScreenLine> Dashboard::Draw(ScreenSize size) const {
  std::vector<ScreenLine> lines = {TopLine(size.columns)};
  lines.push_back(failure_.empty()
                      ? ScreenLine{}
                      : ScreenLine{{Text(" {}: old figures", Safe(failure_)), Look::kAlarm}});
  const auto add = [&lines](const std::vector<ScreenLine>& more) {
    lines.insert(lines.end(), more.begin(), more.end());
  };
  add(CurveLines(size.columns));
  lines.push_back({});
  add(DatabaseLines());
  lines.push_back({});
  add(MethodLines());
  lines.resize(std::min(lines.size(), size.rows));
  for (ScreenLine& line : lines) line = CutLine(line, size.columns);
  return lines;
}

}  // namespace immudb::cli
