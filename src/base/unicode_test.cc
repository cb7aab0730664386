#include "base/unicode.h"

#include <gtest/gtest.h>

namespace immudb {
namespace {

TEST(UnicodeTest, WellFormedTextIsDecodedAndEachOtherByteIsReplaced) {
  EXPECT_EQ(DecodeUtf8(""), U"");
  EXPECT_EQ(DecodeUtf8("a\xc3\x9f\xe6\x95\xb0\xf0\x9f\x98\x80"), U"a\u00df\u6570\U0001F600");
  EXPECT_EQ(DecodeUtf8("\xff"), U"\ufffd");
  EXPECT_EQ(DecodeUtf8("\xc3"), U"\ufffd");
  EXPECT_EQ(DecodeUtf8("\xe6\x95"), U"\ufffd\ufffd");
  EXPECT_EQ(DecodeUtf8("\xc0\x80"), U"\ufffd\ufffd");                      // Longer than need be.
  EXPECT_EQ(DecodeUtf8("\xed\xa0\x80"), U"\ufffd\ufffd\ufffd");            // A surrogate.
  EXPECT_EQ(DecodeUtf8("\xf4\x90\x80\x80"), U"\ufffd\ufffd\ufffd\ufffd");  // Beyond the last.
  EXPECT_EQ(DecodeUtf8("\xc3z"), U"\ufffdz");
}

TEST(UnicodeTest, ASCIIIsClassifiedAsEverybodyKnowsIt) {
  for (char32_t c = 0; c < 128; ++c) {
    EXPECT_EQ(IsLowerCaseLetter(c), c >= 'a' && c <= 'z') << static_cast<std::uint32_t>(c);
    EXPECT_EQ(IsUpperCaseLetter(c), c >= 'A' && c <= 'Z') << static_cast<std::uint32_t>(c);
    EXPECT_EQ(HasLowerCaseForm(c), c >= 'A' && c <= 'Z') << static_cast<std::uint32_t>(c);
    EXPECT_EQ(IsDecimalDigit(c), c >= '0' && c <= '9') << static_cast<std::uint32_t>(c);
    const bool is_alphanumeric = IsLowerCaseLetter(c) || IsUpperCaseLetter(c) || IsDecimalDigit(c);
    EXPECT_EQ(IsPunctuationOrSymbol(c), c > ' ' && c < 127 && !is_alphanumeric)
        << static_cast<std::uint32_t>(c);
  }
}

TEST(UnicodeTest, LettersBeyondASCIIHaveTheirCategories) {
  EXPECT_TRUE(IsLowerCaseLetter(U'\u00df'));
  EXPECT_TRUE(IsLowerCaseLetter(U'\u0101'));
  EXPECT_FALSE(IsLowerCaseLetter(U'\u0100'));
  EXPECT_TRUE(IsUpperCaseLetter(U'\u0100'));
  EXPECT_FALSE(IsUpperCaseLetter(U'\u0101'));
  EXPECT_FALSE(IsLowerCaseLetter(U'\u00aa'));  // Without case.
  EXPECT_FALSE(IsLowerCaseLetter(U'\u6570'));
  EXPECT_TRUE(IsDecimalDigit(U'\u0663'));
  EXPECT_FALSE(IsDecimalDigit(U'\u00b2'));
  EXPECT_TRUE(IsPunctuationOrSymbol(U'\u20ac'));
  EXPECT_TRUE(HasLowerCaseForm(U'\u01c5'));       // Title case.
  EXPECT_FALSE(HasLowerCaseForm(U'\U0001D400'));  // Upper case without a lower one.
  EXPECT_TRUE(IsLowerCaseLetter(U'\U0001E943'));  // The last ones of the table.
  EXPECT_FALSE(IsLowerCaseLetter(U'\U0010FFFF'));
}

}  // namespace
}  // namespace immudb
