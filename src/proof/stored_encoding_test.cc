#include "proof/stored_encoding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace immudb::proof {
namespace {

TEST(StoredEncodingTest, ValuesThatNoReferenceHasAreCorrupted) {
  const Bytes whole = EncodeTarget({AsBytes("key"), LeafIndex{7}});
  for (std::size_t count = 0; count < 9; count++) {
    EXPECT_EQ(DecodeTarget(BytesView(whole).last(count)).error().code, Code::kCorrupted) << count;
  }
  EXPECT_TRUE(DecodeTarget(BytesView(whole).last(9)).has_value());
  for (int flag = 0; flag < 256; flag++) {
    Bytes changed = whole;
    changed.back() = static_cast<std::uint8_t>(flag);
    EXPECT_EQ(DecodeTarget(changed).has_value(), flag == 1) << flag;
  }
  const Bytes unpinned = EncodeTarget({AsBytes("key"), std::nullopt});
  for (std::size_t i = 3; i < 11; i++) {  // The index of none is zero.
    Bytes changed = unpinned;
    changed[i] = 1;
    EXPECT_EQ(DecodeTarget(changed).error().code, Code::kCorrupted) << i;
  }
}

TEST(StoredEncodingTest, AKeyOfAnotherSetOrNoneIsCorrupted) {
  const Bytes key = EncodeSetKey(AsBytes("set"), 1.5, {AsBytes("key"), LeafIndex{7}});
  EXPECT_TRUE(DecodeSetKey(AsBytes("set"), key).has_value());
  EXPECT_EQ(DecodeSetKey(AsBytes("se"), key).error().code, Code::kCorrupted);
  EXPECT_EQ(DecodeSetKey(AsBytes("sets"), key).error().code, Code::kCorrupted);
  EXPECT_EQ(DecodeSetKey(AsBytes("set"), AsBytes("key")).error().code, Code::kCorrupted);
  EXPECT_EQ(DecodeSetKey(AsBytes("set"), {}).error().code, Code::kCorrupted);
  // Shorter than a score and a target, as a plain key under the set's prefix may be.
  const std::size_t shortest = EncodeSetPrefix(AsBytes("set")).size() + 8 + 9;
  for (std::size_t count = 0; count < shortest; count++) {
    EXPECT_FALSE(DecodeSetKey(AsBytes("set"), BytesView(key).first(count)).has_value()) << count;
  }
}

TEST(StoredEncodingTest, AReplacedIndexIsAsIfItHadBeenEncoded) {
  const TargetView before{AsBytes("key"), LeafIndex{~std::uint64_t{3}}};
  const TargetView after{AsBytes("key"), LeafIndex{0x0102030405060708}};
  Bytes value = EncodeTarget(before);
  ReplaceTargetIndex(value, *after.index);
  EXPECT_EQ(value, EncodeTarget(after));
  Bytes key = EncodeSetKey(AsBytes("set"), -1, before);
  ReplaceTargetIndex(key, *after.index);
  EXPECT_EQ(key, EncodeSetKey(AsBytes("set"), -1, after));
}

TEST(StoredEncodingTest, ASeparatorInANameOrKeyMakesTheSetUncertain) {
  const std::string separator = "_~|IMMU|~_";
  const auto is_certain = [](const std::string& set, const std::string& key) {
    return IsOfThisSetOnly(AsBytes(set), EncodeSetKey(AsBytes(set), 1, {AsBytes(key), {}}));
  };
  EXPECT_TRUE(is_certain("set", "key"));
  EXPECT_TRUE(is_certain("_", "_~|IMMU|~"));
  EXPECT_FALSE(is_certain("set", separator));
  EXPECT_FALSE(is_certain("set" + separator + "more", "key"));
  EXPECT_FALSE(is_certain(separator, "key"));
  // Two separators can share a byte: the name could end nine bytes earlier.
  EXPECT_FALSE(is_certain("s" + separator.substr(0, 9), "key"));
  // A key of one set that begins as those of another do.
  const Bytes key = EncodeSetKey(AsBytes("a" + separator + "b"), 1, {AsBytes("key"), {}});
  EXPECT_FALSE(IsOfThisSetOnly(AsBytes("a"), key));
}

TEST(StoredEncodingTest, NotANumberKeepsItsBits) {
  const double score = -std::nan("12345");
  const Bytes key = EncodeSetKey(AsBytes("set"), score, {AsBytes("key"), std::nullopt});
  const double decoded = DecodeSetKey(AsBytes("set"), key)->score;
  EXPECT_EQ(EncodeSetKey(AsBytes("set"), decoded, {AsBytes("key"), std::nullopt}), key);
  EXPECT_TRUE(std::isnan(decoded));
  EXPECT_TRUE(std::signbit(decoded));
}

}  // namespace
}  // namespace immudb::proof
