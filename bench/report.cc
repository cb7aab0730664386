#include "report.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"

namespace immudb::bench {
namespace {

// Three digits are more than a virtual machine can repeat.
std::string Short(double value) {
  if (value >= 1e6) return Text("{:.2f} M", value / 1e6);
  if (value >= 1e4) return Text("{:.0f} k", value / 1e3);
  if (value >= 100) return Text("{:.0f}", value);
  return Text("{:.1f}", value);
}

struct Comparison {
  bool less_is_better = false;
  std::optional<double> target;
  std::optional<double> reference;
  std::optional<double> sketch;
};

std::optional<Comparison> ComparisonOf(const std::string& row, const Figure& figure) {
  const Expectation* found = FindExpectation(row, figure.name);
  if (found == nullptr && !figure.at_most) return std::nullopt;
  Comparison result;
  if (found != nullptr) {
    result = {found->less_is_better, found->target, found->reference, found->sketch};
  }
  if (figure.at_most) {
    result.less_is_better = true;
    result.target = figure.at_most;
  }
  return result;
}

double RatioOf(const Figure& figure, const Comparison& comparison, double expected) {
  return comparison.less_is_better ? expected / figure.value : figure.value / expected;
}

std::string Cell(const Figure& figure, const Comparison& comparison,
                 const std::optional<double>& expected) {
  if (!expected) return {};
  return Text("{} {:>5.2f}", Short(*expected), RatioOf(figure, comparison, *expected));
}

nlohmann::ordered_json JsonOf(const Row& row) {
  nlohmann::ordered_json json = {{"row", row.name}};
  nlohmann::ordered_json ratios = nlohmann::ordered_json::object();
  for (const Figure& figure : row.figures) {
    json[figure.name] = figure.value;
    const std::optional<Comparison> comparison = ComparisonOf(row.name, figure);
    if (!comparison) continue;
    nlohmann::ordered_json& ratio = ratios[figure.name];
    const auto add = [&](const char* name, const std::optional<double>& expected) {
      if (!expected) return;
      ratio[name] = *expected;
      ratio[std::string("of_") + name] = RatioOf(figure, *comparison, *expected);
    };
    add("target", comparison->target);
    add("immudb_0_8_1", comparison->reference);
    add("sketch", comparison->sketch);
  }
  if (!ratios.empty()) json["compared"] = ratios;
  return json;
}

}  // namespace

Result<Report> Report::Open(const std::string& json_file) {
  if (json_file.empty()) return Report(nullptr);
  std::FILE* const file = std::fopen(json_file.c_str(), "ae");  // NOLINT: owned by the report.
  if (file == nullptr) return Fail(Code::kIo, "cannot open {}", json_file);
  return Report(file);
}

Report::Report(Report&& other) noexcept : json_(std::exchange(other.json_, nullptr)) {}

Report::~Report() {
  if (json_ != nullptr) std::fclose(json_);  // NOLINT(cppcoreguidelines-owning-memory)
}

void Report::Add(const Row& row) {
  std::string others;
  for (std::size_t i = 1; i < row.figures.size(); ++i) {
    const Figure& figure = row.figures[i];
    if (ComparisonOf(row.name, figure)) continue;
    others += Text("{}{} {}", others.empty() ? "" : ", ", figure.name, Short(figure.value));
  }
  PrintLine(row, &row.figures.front(), others);
  for (std::size_t i = 1; i < row.figures.size(); ++i) {
    if (ComparisonOf(row.name, row.figures[i])) PrintLine(row, &row.figures[i], {});
  }
  std::fflush(stdout);
  if (json_ == nullptr) return;
  std::fprintf(json_, "%s\n", JsonOf(row).dump().c_str());
  std::fflush(json_);
}

void Report::PrintEnd() const {
  if (judged_ == 0) return;
  std::printf("%d figures have a target; %d are worse than it (!).\n", judged_, missed_);
}

void Report::PrintLine(const Row& row, const Figure* figure, const std::string& others) {
  const auto print = [](const std::string& name, const std::string& value, const auto& cells,
                        const std::string& rest) {
    std::printf("| %-55s | %-26s | %-13s | %-13s | %-13s | %s |\n", name.c_str(), value.c_str(),
                cells[0].c_str(), cells[1].c_str(), cells[2].c_str(), rest.c_str());
  };
  using Cells = std::array<std::string, 3>;
  if (!std::exchange(has_head_, true)) {
    print("row", "measured", Cells{"target", "immudb 0.8.1", "sketch"}, "besides");
    std::printf("|---|---|---|---|---|---|\n");
  }
  Cells cells;
  if (const auto comparison = ComparisonOf(row.name, *figure)) {
    cells = {Cell(*figure, *comparison, comparison->target),
             Cell(*figure, *comparison, comparison->reference),
             Cell(*figure, *comparison, comparison->sketch)};
    if (comparison->target) {
      ++judged_;
      if (RatioOf(*figure, *comparison, *comparison->target) < 1) {
        ++missed_;
        cells[0] += " !";
      }
    }
  }
  print(row.name, Text("{} {}", Short(figure->value), figure->name), cells, others);
}

}  // namespace immudb::bench
