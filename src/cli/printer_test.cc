#include "cli/printer.h"

#include <gtest/gtest.h>

namespace immudb::cli {
namespace {

Bytes ToBytes(std::string_view text) {
  return {text.begin(), text.end()};
}

ShownItem Item(std::string_view value) {
  ShownItem item{.key = ToBytes("k"), .value = ToBytes(value), .index = 7};
  item.verified = true;
  return item;
}

TEST(PrinterTest, RawOutputIsTheBytesOfTheValueAndNothingElse) {
  const Style raw{.form = OutputForm::kRaw};
  EXPECT_EQ(ItemText(Item("50%\n"), raw), "50%\n");
  EXPECT_EQ(ItemText(Item(std::string_view("\0\xff", 2)), raw), std::string("\0\xff", 2));
}

TEST(PrinterTest, JsonIsOneObjectALineAndBytesThatAreNoTextAreHex) {
  const Style json{.form = OutputForm::kJson};
  const std::string leaf(64, '0');
  EXPECT_EQ(
      ItemText(Item("a \"b\"\n"), json),
      R"({"index":7,"key":"k","value":"a \"b\"\n","leaf":")" + leaf + "\",\"verified\":true}\n");
  EXPECT_EQ(ItemText(Item("\xff"), json),
            R"({"index":7,"key":"k","value_hex":"ff","leaf":")" + leaf + "\",\"verified\":true}\n");
  EXPECT_EQ(ItemsText({}, "0", json), "");
}

TEST(PrinterTest, AValueCannotDriveATerminal) {
  const Style seen{.escape = Escape::kYes};
  EXPECT_NE(ItemText(Item("\x1b[2J"), seen).find("value:\t\t\\x1b[2J \n"), std::string::npos);
  EXPECT_NE(ItemText(Item("\x1b[2J"), {}).find('\x1b'), std::string::npos);
}

TEST(PrinterTest, PercentSignsStayAsTheyAre) {
  EXPECT_NE(ItemText(Item("50%"), {}).find("value:\t\t50% \n"), std::string::npos);
}

TEST(PrinterTest, AStructuredValueIsTakenApartAndAnotherIsShownAsItIs) {
  const ShownItem structured = ShowStored(ToBytes("k"), EncodeContent({5, ToBytes("v")}), 1);
  EXPECT_EQ(structured.value, ToBytes("v"));
  EXPECT_EQ(structured.unix_s, 5);
  const ShownItem raw = ShowStored(ToBytes("k"), ToBytes("\x07"), 1);
  EXPECT_EQ(raw.value, ToBytes("\x07"));
  EXPECT_EQ(raw.unix_s, 0);
}

TEST(PrinterTest, ListsOfNothingSayWhatStandsForIt) {
  EXPECT_EQ(ItemsText({}, "0", {}), "0\n");
  EXPECT_EQ(ItemsText({}, "No item found \n", {}), "No item found \n\n");
}

}  // namespace
}  // namespace immudb::cli
