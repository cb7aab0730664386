// How far a long command is, on a terminal only.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/terminal.h"

namespace immudb::cli {

// Not thread-safe.
class Progress {
 public:
  // `unit` names what is counted beside bytes; empty: nothing is.
  explicit Progress(std::string_view unit = {}) : unit_(unit) {}

  void Add(std::uint64_t count, std::uint64_t bytes);
  // Removes the line from the screen.
  void End();

  std::uint64_t count() const { return count_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  const std::string unit_;
  const bool is_seen_ = IsTerminal(StandardStream::kError);
  std::chrono::steady_clock::time_point next_{};
  bool has_line_ = false;
  std::uint64_t count_ = 0;
  std::uint64_t bytes_ = 0;
};

// `2020-12-08_12-52-00`, by the local clock: for names of files.
std::string TimeStamp();

}  // namespace immudb::cli
