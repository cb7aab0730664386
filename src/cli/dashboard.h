// The live view of a server: what a screen shows, as text. It knows nothing of terminals and reads
// no clock, so a test can look at every screen.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/server_figures.h"

namespace immudb::cli {

enum class Look : std::uint8_t { kPlain, kBar, kTitle, kFaint, kCurve, kAlarm };

struct ScreenPart {
  std::string text;
  Look look = Look::kPlain;
};
using ScreenLine = std::vector<ScreenPart>;

struct ScreenSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};

// Whether the terminal shows more than ASCII.
enum class Glyphs : bool { kAscii, kUnicode };

struct Moment {
  std::chrono::steady_clock::time_point steady;  // What rates are measured by.
  std::chrono::system_clock::time_point system;  // What is shown.
};

// A curve of `values`, the newest at the right end, as high as the highest one; `width` characters.
std::string CurveText(const std::deque<double>& values, std::size_t width, Glyphs glyphs);

// Not thread-safe.
class Dashboard {
 public:
  Dashboard(std::string server, Glyphs glyphs);

  // Takes the figures of a moment. A counter that went back, as after a restart, gives no rate.
  void Add(const ServerFigures& figures, Moment now);
  // The figures could not be read: the last ones stay, and the screen says why they are old.
  void AddFailure(std::string reason, Moment now);

  // Returns at most `size.rows` lines of at most `size.columns` characters.
  std::vector<ScreenLine> Draw(ScreenSize size) const;

 private:
  struct Series {
    std::optional<double> last = {};
    std::deque<double> values = {};
  };
  // The rate of a counter between two readings of a server.
  struct Counter {
    std::optional<double> reading = {};
    std::optional<double> per_second = {};
  };

  void Follow(const std::string& name, const std::optional<double>& value);
  std::optional<double> Rate(const std::string& name, const std::optional<double>& reading,
                             double seconds);
  void FollowCalls(const ServerFigures& figures, double seconds);
  void FollowLatency(const std::string& name, double calls, double call_seconds);
  ScreenLine CurveLine(std::string_view label, const std::string& series,
                       std::string (*show)(double), std::size_t columns) const;
  std::vector<ScreenLine> CurveLines(std::size_t columns) const;
  std::vector<ScreenLine> DatabaseLines() const;
  std::vector<ScreenLine> MethodLines() const;
  ScreenLine TopLine(std::size_t columns) const;

  const std::string server_;
  const Glyphs glyphs_;
  ServerFigures figures_;
  std::optional<Moment> read_at_;
  std::optional<Moment> shown_at_;
  std::string failure_;  // Empty: the figures are those of shown_at_.
  std::map<std::string, Series, std::less<>> series_;
  std::map<std::string, Counter, std::less<>> counters_;
};

}  // namespace immudb::cli
