#include "cli/dashboard.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/unicode.h"

namespace immudb::cli {
namespace {

using std::chrono::seconds;

// 2020-12-08 12:52:00 UTC and `after` it.
Moment At(int after) {
  return {std::chrono::steady_clock::time_point(seconds(1000 + after)),
          std::chrono::system_clock::time_point(seconds(1'607'431'920 + after))};
}

ServerFigures Figures(double factor) {
  ServerFigures figures;
  figures.databases = {{"data/defaultdb", 512, 2048 * factor, 100 * factor, 0},
                       {"data/systemdb", 0, 576, 2, std::nullopt}};
  figures.clients = {{"127.0.0.1", 10, std::nullopt}};
  figures.methods = {{"Get", 1000 * factor, 0.1 * factor}, {"Set", 100 * factor, 0.2 * factor}};
  figures.uptime_hours = 1.5;
  figures.used_bytes = 3 << 20;
  figures.cpu_seconds = 0.5 * factor;
  figures.connections = 4;
  figures.disk_written_bytes = 4096 * factor;
  return figures;
}

std::string TextOf(const std::vector<ScreenLine>& lines) {
  std::string text;
  for (const ScreenLine& line : lines) {
    for (const ScreenPart& part : line) text += part.text;
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  return text;
}

class DashboardTest : public testing::Test {
 protected:
  DashboardTest() {
    ::setenv("TZ", "UTC", 1);
    ::tzset();
  }
};

TEST_F(DashboardTest, TheScreenShowsRatesSizesAndEveryDatabase) {
  Dashboard dashboard("127.0.0.1:3322", Glyphs::kUnicode);
  dashboard.Add(Figures(1), At(0));
  dashboard.Add(Figures(2), At(1));
  dashboard.Add(Figures(4), At(3));
  EXPECT_EQ(TextOf(dashboard.Draw({.columns = 80, .rows = 24})),
            " immudb at 127.0.0.1:3322   up 1h 30m   12:52:03                       q: leave\n"
            "\n"
            " Reads                 1000/s                                               ▁██\n"
            " Writes                 100/s                                               ▁██\n"
            " Time of a read        100 us                                               ▁██\n"
            " Time of a write      2000 us                                               ▁██\n"
            " Memory                3.0 MB                                               ███\n"
            " Processor               50 %                                               ▁██\n"
            " Logs                  8.6 kB                                               ▃▅█\n"
            " Written to disk     4.0 kB/s                                               ▁██\n"
            " Clients                    1  connections: 4\n"
            "\n"
            " Database             entries         new         log     derived      queued\n"
            " data/defaultdb           400       100/s      8.0 kB       512 B           0\n"
            " data/systemdb              2       0.0/s       576 B         0 B           -\n"
            "\n"
            " Method                 calls         now   mean time\n"
            " Get                     4000      1000/s      100 us\n"
            " Set                      400       100/s     2000 us\n");
}

TEST_F(DashboardTest, NoLineIsLongerThanTheScreenAndThereAreNoMoreThanItsRows) {
  Dashboard dashboard("127.0.0.1:3322", Glyphs::kUnicode);
  dashboard.Add(Figures(1), At(0));
  dashboard.Add(Figures(2), At(1));
  for (std::size_t columns = 0; columns < 130; ++columns) {
    const auto lines = dashboard.Draw({.columns = columns, .rows = columns / 4});
    EXPECT_LE(lines.size(), columns / 4);
    for (const ScreenLine& line : lines) {
      std::string text;
      for (const ScreenPart& part : line) text += part.text;
      EXPECT_LE(DecodeUtf8(text).size(), columns) << text;
    }
  }
}

TEST_F(DashboardTest, ARestartOfTheServerGivesNoRate) {
  Dashboard dashboard("server", Glyphs::kAscii);
  dashboard.Add(Figures(4), At(0));
  dashboard.Add(Figures(1), At(1));
  const std::string text = TextOf(dashboard.Draw({.columns = 60, .rows = 4}));
  EXPECT_NE(text.find(" Reads                      -  "), std::string::npos) << text;
}

TEST_F(DashboardTest, AFailureIsToldAndTheOldFiguresStay) {
  Dashboard dashboard("server", Glyphs::kAscii);
  dashboard.Add(Figures(1), At(0));
  dashboard.AddFailure("cannot read: \x1b[2J", At(5));
  std::string text = TextOf(dashboard.Draw({.columns = 100, .rows = 24}));
  EXPECT_NE(text.find("\n cannot read: \\x1b[2J: old figures\n"), std::string::npos) << text;
  EXPECT_NE(text.find("12:52:05"), std::string::npos) << text;
  EXPECT_NE(text.find("data/defaultdb           100"), std::string::npos) << text;
  dashboard.Add(Figures(2), At(6));
  text = TextOf(dashboard.Draw({.columns = 100, .rows = 24}));
  EXPECT_EQ(text.find("old figures"), std::string::npos) << text;
}

TEST_F(DashboardTest, AServerWithoutFiguresShowsNone) {
  Dashboard dashboard("server", Glyphs::kAscii);
  dashboard.Add(ServerFigures(), At(0));
  const std::string text = TextOf(dashboard.Draw({.columns = 80, .rows = 24}));
  EXPECT_NE(text.find(" Memory                     -  "), std::string::npos) << text;
  EXPECT_EQ(text.find("Method"), std::string::npos) << text;
}

TEST(CurveTextTest, TheNewestValueIsAtTheRightAndTheHighestIsFull) {
  EXPECT_EQ(CurveText({0, 7, 14}, 5, Glyphs::kUnicode), "  ▁▅█");
  EXPECT_EQ(CurveText({0, 7, 14}, 2, Glyphs::kAscii), "=#");
  EXPECT_EQ(CurveText({}, 3, Glyphs::kAscii), "   ");
  EXPECT_EQ(CurveText({0, 0}, 2, Glyphs::kAscii), "__");
  EXPECT_EQ(CurveText({5}, 0, Glyphs::kAscii), "");
}

}  // namespace
}  // namespace immudb::cli
