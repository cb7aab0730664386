#include "http2/grpc_codec.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb::http2 {
namespace {

TEST(GrpcCodecTest, BinaryValuesOfEveryLengthComeBack) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    const std::string encoded = EncodeBinaryValue(bytes);
    EXPECT_EQ(encoded.find('='), std::string::npos);
    EXPECT_EQ(*DecodeBinaryValue(encoded), bytes);
    const std::string padded = encoded + std::string((4 - encoded.size() % 4) % 4, '=');
    EXPECT_EQ(*DecodeBinaryValue(padded), bytes);
    bytes += static_cast<char>(i * 7);
  }
}

TEST(GrpcCodecTest, BinaryValuesMatchTheVectorsOfTheStandard) {  // RFC 4648 section 10.
  EXPECT_EQ(EncodeBinaryValue("foobar"), "Zm9vYmFy");
  EXPECT_EQ(EncodeBinaryValue("fooba"), "Zm9vYmE");
  EXPECT_EQ(EncodeBinaryValue("foob"), "Zm9vYg");
}

TEST(GrpcCodecTest, TimeoutsAreReadInTheirUnits) {
  EXPECT_EQ(ParseTimeout("1n"), 1);
  EXPECT_EQ(ParseTimeout("2u"), 2'000);
  EXPECT_EQ(ParseTimeout("3m"), 3'000'000);
  EXPECT_EQ(ParseTimeout("4S"), 4'000'000'000);
  EXPECT_EQ(ParseTimeout("5M"), 300'000'000'000);
  EXPECT_EQ(ParseTimeout("6H"), 21'600'000'000'000);
  EXPECT_EQ(ParseTimeout("00000007S"), 7'000'000'000);
  EXPECT_EQ(ParseTimeout("99999999H"), 365LL * 24 * 3600 * 1'000'000'000);
}

TEST(GrpcCodecTest, OnlyWellFormedTimeoutsAreRead) {
  for (const char* text : {"", "1", "S", "123456789S", "1 S", "+1S", "1s", "1h", "1mm"}) {
    EXPECT_EQ(ParseTimeout(text), std::nullopt) << text;
  }
}

TEST(GrpcCodecTest, TextsAreEncodedOutsidePrintableAscii) {
  EXPECT_EQ(PercentEncode("plain ~text"), "plain ~text");
  EXPECT_EQ(PercentEncode(std::string("\0\x1F\x7F%\xFF", 5)), "%00%1F%7F%25%FF");
}

TEST(GrpcCodecTest, BlanksAreTrimmedAtBothEndsOnly) {
  EXPECT_EQ(TrimBlanks(" \t a b \t"), "a b");
  EXPECT_EQ(TrimBlanks("ab"), "ab");
  EXPECT_EQ(TrimBlanks("  "), "");
  EXPECT_EQ(TrimBlanks(""), "");
}

}  // namespace
}  // namespace immudb::http2
