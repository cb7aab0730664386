// What the measuring programs print: a table for people, and a line of JSON for tools.

#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "expectations.h"
#include "immudb/result.h"

namespace immudb::bench {

struct Figure {
  std::string name;  // Ends with its unit: per_second, _us, _ms, _mib, _bytes.
  double value = 0;
  std::optional<double> at_most;  // A target that was measured in the same run.
};

struct Row {
  std::string name;
  std::vector<Figure> figures;  // The first is what the row is about.
};

// A ratio of 1 or more is always as good or better: of a rate it is measured / expected, of a time
// or size expected / measured.
class Report {
 public:
  // Appends JSON to `json_file` unless that is empty. Errors: kIo if it cannot be opened.
  static Result<Report> Open(const std::string& json_file);
  Report(Report&& other) noexcept;
  Report& operator=(Report&& other) = delete;
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  ~Report();

  // Prints the row at once.
  void Add(const Row& row);
  // Prints how many targets were missed.
  void PrintEnd() const;
  // How many figures have a target, and how many of them are worse than it.
  int judged() const { return judged_; }
  int missed() const { return missed_; }

 private:
  explicit Report(std::FILE* json) : json_(json) {}
  void PrintLine(const Row& row, const Figure* figure, const std::string& others);

  std::FILE* json_;
  bool has_head_ = false;
  int judged_ = 0;
  int missed_ = 0;
};

}  // namespace immudb::bench
