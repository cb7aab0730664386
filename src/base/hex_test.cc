#include "base/hex.h"

#include <gtest/gtest.h>

namespace immudb {
namespace {

TEST(HexTest, EveryByteComesBack) {
  Bytes all;
  for (int i = 0; i < 256; i++) all.push_back(static_cast<std::uint8_t>(i));
  EXPECT_EQ(*FromHex(ToHex(all)), all);
  EXPECT_EQ(ToHex(Bytes{0x0a, 0xff}), "0aff");
}

TEST(HexTest, OddLengthsAndOtherCharactersAreRefused) {
  EXPECT_FALSE(FromHex("abc"));
  EXPECT_FALSE(FromHex("0g"));
  EXPECT_FALSE(FromHex("/0"));
}

}  // namespace
}  // namespace immudb
