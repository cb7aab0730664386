#include "crypto/random.h"

#include <gtest/gtest.h>

#include <array>

#include "crypto/constant_time.h"
#include "crypto/seeded_random.h"
#include "immudb/bytes.h"
#include "immudb/digest.h"

namespace immudb::crypto {
namespace {

TEST(RandomTest, SystemRandomFillsAllOfEveryLength) {
  SystemRandom random;
  EXPECT_TRUE(random.Fill({}).has_value());
  Digest first{};
  Digest second{};
  ASSERT_TRUE(random.Fill(first).has_value());
  ASSERT_TRUE(random.Fill(second).has_value());
  EXPECT_NE(first, second);
  Bytes large((3u << 20) + 32);  // Its last bytes are zero with a chance of 2^-256.
  ASSERT_TRUE(random.Fill(large).has_value());
  EXPECT_NE(Bytes(large.end() - 32, large.end()), Bytes(32));
}

TEST(RandomTest, ASeedDecidesAllBytes) {
  SeededRandom first(7);
  SeededRandom second(7);
  SeededRandom other(8);
  Bytes a(100);
  Bytes b(100);
  Bytes c(100);
  ASSERT_TRUE(first.Fill(a).has_value());
  ASSERT_TRUE(second.Fill(b).has_value());
  ASSERT_TRUE(other.Fill(c).has_value());
  EXPECT_EQ(a, b);
  EXPECT_NE(a, c);
  ASSERT_TRUE(first.Fill(b).has_value());
  EXPECT_NE(a, b);
}

TEST(ConstantTimeTest, EqualMeansEqualLengthAndBytes) {
  EXPECT_TRUE(ConstantTimeEqual({}, {}));
  EXPECT_TRUE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abc")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("abd")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes("abc"), AsBytes("ab")));
  EXPECT_FALSE(ConstantTimeEqual(AsBytes(""), AsBytes("a")));
}

TEST(ConstantTimeTest, WipeLeavesZeros) {
  Bytes secret = {1, 2, 3};
  Wipe(secret);
  EXPECT_EQ(secret, Bytes(3));
}

}  // namespace
}  // namespace immudb::crypto
