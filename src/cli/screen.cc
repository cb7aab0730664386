#include "cli/screen.h"

#define NCURSES_NOMACROS 1
#include <langinfo.h>
#include <ncurses.h>

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace immudb::cli {
namespace {

constexpr int kEscape = 27;
constexpr int kControlC = 3;
constexpr int kEscapeWaitMs = 25;  // Longer than the rest of a key's sequence needs to come.

enum Pair : short { kCurvePair = 1, kAlarmPair = 2, kTitlePair = 3 };

chtype AttributeOf(Look look) {
  switch (look) {
    case Look::kPlain: return A_NORMAL;
    case Look::kBar: return A_REVERSE;
    case Look::kTitle: return A_BOLD | static_cast<chtype>(COLOR_PAIR(kTitlePair));
    case Look::kFaint: return A_DIM;
    case Look::kCurve: return static_cast<chtype>(COLOR_PAIR(kCurvePair));
    case Look::kAlarm: return A_BOLD | static_cast<chtype>(COLOR_PAIR(kAlarmPair));
  }
  return A_NORMAL;
}

}  // namespace

struct Screen::Terminal {
  SCREEN* screen = nullptr;
};

Result<std::unique_ptr<Screen>> Screen::Open() {
  std::setlocale(LC_CTYPE, "");
  const bool is_unicode = std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
  auto terminal = std::make_unique<Terminal>();
  terminal->screen = ::newterm(nullptr, stdout, stdin);
  if (terminal->screen == nullptr) {
    return Fail(Code::kUnsupported, "this terminal cannot show a screen; use --text");
  }
  ::raw();  // Ctrl-C is a key like any other, so that the terminal is given back.
  ::noecho();
  ::keypad(stdscr, true);
  ::set_escdelay(kEscapeWaitMs);
  ::curs_set(0);
  if (::has_colors()) {
    ::start_color();
    ::use_default_colors();
    ::init_pair(kCurvePair, COLOR_CYAN, -1);
    ::init_pair(kAlarmPair, COLOR_RED, -1);
    ::init_pair(kTitlePair, COLOR_GREEN, -1);
  }
  return std::unique_ptr<Screen>(
      new Screen(std::move(terminal), is_unicode ? Glyphs::kUnicode : Glyphs::kAscii));
}

Screen::Screen(std::unique_ptr<Terminal> terminal, Glyphs glyphs)
    : terminal_(std::move(terminal)), glyphs_(glyphs) {}

Screen::~Screen() {
  ::endwin();
  ::delscreen(terminal_->screen);
}

ScreenSize Screen::size() const {
  return {.columns = static_cast<std::size_t>(std::max(0, ::getmaxx(stdscr))),
          .rows = static_cast<std::size_t>(std::max(0, ::getmaxy(stdscr)))};
}

void Screen::Show(const std::vector<ScreenLine>& lines) {
  ::werase(stdscr);
  int row = 0;
  for (const ScreenLine& line : lines) {
    ::wmove(stdscr, row++, 0);
    for (const ScreenPart& part : line) {
      ::wattrset(stdscr, static_cast<int>(AttributeOf(part.look)));
      ::waddnstr(stdscr, part.text.data(), static_cast<int>(part.text.size()));
    }
  }
  ::wattrset(stdscr, static_cast<int>(A_NORMAL));
  ::wrefresh(stdscr);
}

ScreenEvent Screen::Wait(std::chrono::milliseconds time) {
  ::wtimeout(stdscr, static_cast<int>(std::max<std::int64_t>(0, time.count())));
  const int key = ::wgetch(stdscr);
  if (key == KEY_RESIZE) return ScreenEvent::kResized;
  const bool leaves = key == 'q' || key == 'Q' || key == kEscape || key == kControlC;
  if (leaves) return ScreenEvent::kLeave;
  // Any other key draws anew at once, with the time that is left to be counted by the caller.
  return key == ERR ? ScreenEvent::kTime : ScreenEvent::kResized;
}

}  // namespace immudb::cli
