#include "cli/table.h"

#include <gtest/gtest.h>

namespace immudb::cli {
namespace {

TEST(TableTest, RowsAreNumberedAndEveryCellEndsWithTwoBlanks) {
  EXPECT_EQ(TableText({.caption = "2 database(s)",
                       .header = {"Database Name"},
                       .rows = {{"*defaultdb"}, {"a-name-longer-than-its-header"}}}),
            "2 database(s)\n"
            "-  -------------                  \n"
            "#  Database Name                  \n"
            "-  -------------                  \n"
            "1  *defaultdb                     \n"
            "2  a-name-longer-than-its-header  \n"
            "-  -------------                  \n");
}

TEST(TableTest, DashesMaySpanTheColumn) {
  EXPECT_EQ(TableText({.caption = "1 user(s)",
                       .header = {"User", "Active"},
                       .rows = {{"somebody", "true"}},
                       .dashes = Dashes::kAsTheColumn}),
            "1 user(s)\n"
            "-  --------  ------  \n"
            "#  User      Active  \n"
            "-  --------  ------  \n"
            "1  somebody  true    \n"
            "-  --------  ------  \n");
}

TEST(TableTest, TheNumbersColumnIsAsWideAsTheLastNumber) {
  Table table{.caption = "10", .header = {"n"}};
  table.rows.assign(10, {"x"});
  const std::string text = TableText(table);
  EXPECT_NE(text.find("\n##  n  \n"), std::string::npos) << text;
  EXPECT_NE(text.find("\n9   x  \n10  x  \n"), std::string::npos) << text;
}

TEST(TableTest, WidthsAreCountedInCharacters) {
  const std::string text = TableText({.caption = "", .header = {"n"}, .rows = {{"ü"}, {"u"}}});
  EXPECT_NE(text.find("1  ü  \n2  u  \n"), std::string::npos) << text;
}

TEST(TableTest, WithoutRowsThereIsNoTable) {
  EXPECT_EQ(TableText({.caption = "0 user(s)", .header = {"User"}}), "");
}

}  // namespace
}  // namespace immudb::cli
