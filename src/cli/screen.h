// The whole terminal as a screen of text, through ncurses. The only source file that sees it is
// the one of this header.

#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "cli/dashboard.h"
#include "immudb/result.h"

namespace immudb::cli {

enum class ScreenEvent : std::uint8_t { kTime, kResized, kLeave };

// While one lives, nothing else may print. One at a time; not thread-safe.
class Screen {
 public:
  // Takes the terminal over. Errors: kUnsupported if it is none that can be drawn on.
  static Result<std::unique_ptr<Screen>> Open();

  // Gives the terminal back as it was.
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  ScreenSize size() const;
  Glyphs glyphs() const { return glyphs_; }
  void Show(const std::vector<ScreenLine>& lines);

  // Waits for a key that leaves (q, Esc, Ctrl-C), a change of size, or the time.
  ScreenEvent Wait(std::chrono::milliseconds time);

 private:
  struct Terminal;
  explicit Screen(std::unique_ptr<Terminal> terminal, Glyphs glyphs);

  std::unique_ptr<Terminal> terminal_;
  const Glyphs glyphs_;
};

}  // namespace immudb::cli
