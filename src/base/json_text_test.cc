#include "base/json_text.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb {
namespace {

std::string Json(std::string_view text) {
  std::string out = "x:";
  AppendJsonString(out, text);
  return out;
}

TEST(JsonTextTest, WhatHasAMeaningInJsonIsEscaped) {
  EXPECT_EQ(Json(""), "x:\"\"");
  EXPECT_EQ(Json("plain ~text"), "x:\"plain ~text\"");
  EXPECT_EQ(Json("a\"b\\c\nd\te"), "x:\"a\\\"b\\\\c\\nd\\u0009e\"");
  EXPECT_EQ(Json(std::string_view("\0\x7f", 2)), "x:\"\\u0000\\u007f\"");
}

TEST(JsonTextTest, WhatIsNotAsciiIsWrittenAsUtf16) {
  EXPECT_EQ(Json("gr\xc3\xbc\xc3\x9f"), "x:\"gr\\u00fc\\u00df\"");
  EXPECT_EQ(Json("\xf0\x9f\x94\x92"), "x:\"\\ud83d\\udd12\"");
}

TEST(JsonTextTest, BytesThatAreNoTextBecomeReplacements) {
  EXPECT_EQ(Json("a\xff\xc3"), "x:\"a\\ufffd\\ufffd\"");
}

}  // namespace
}  // namespace immudb
