#include "api/structured.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"

namespace immudb::api {
namespace {

// What becomes of a stored value: its normal form, or the text of its fault.
std::string Normal(std::string_view hex) {
  const Bytes stored = FromHex(hex).value();
  const Result<Bytes> normal = NormalizeStoredContent(stored);
  return normal ? ToHex(*normal) : normal.error().message;
}

TEST(StructuredTest, NormalFormsStayAsTheyAre) {
  for (const char* hex : {"", "0880a0f8fa05120568656c6c6f", "120200ff", "08ffffffffffffffffff01",
                          "0807120278781a0179"}) {
    EXPECT_EQ(Normal(hex), hex);
  }
}

TEST(StructuredTest, OtherFormsAreBroughtToTheNormalOne) {
  EXPECT_EQ(Normal("120278780807"), "080712027878");  // Payload first.
  EXPECT_EQ(Normal("0800"), "");                      // A default value.
  EXPECT_EQ(Normal("1200"), "");                      // An empty payload.
  EXPECT_EQ(Normal("08818000"), "0801");              // A long varint.
  EXPECT_EQ(Normal("880001"), "0801");                // A long tag.
  EXPECT_EQ(Normal("08010802"), "0802");              // Twice: the last one counts.
  EXPECT_EQ(Normal("120161120162"), "120162");        // Likewise.
}

TEST(StructuredTest, UnknownFieldsComeBackByteForByteBehindTheKnownOnes) {
  EXPECT_EQ(Normal("1a01790801"), "08011a0179");
  EXPECT_EQ(Normal("18818000"), "18818000");                  // Even in a long form.
  EXPECT_EQ(Normal("1a0179200a1a0178"), "1a0179200a1a0178");  // In their order.
  EXPECT_EQ(Normal("0a00"), "0a00");                          // Field 1 of another type.
  EXPECT_EQ(Normal("1001"), "1001");                          // Field 2 likewise.
  EXPECT_EQ(Normal("0b080108020c"), "0b080108020c");          // A closed group.
  EXPECT_EQ(Normal("0b130b0c140c"), "0b130b0c140c");          // Groups within groups.
  EXPECT_EQ(Normal("1d01020304"), "1d01020304");
  EXPECT_EQ(Normal("190102030405060708"), "190102030405060708");
  EXPECT_EQ(Normal("7031"), "7031");  // "p1": raw text that parses.
}

TEST(StructuredTest, TheFirstFaultIsTold) {
  for (const char* hex : {"08", "0880", "12", "1205616263", "12ffffffffffffffffff01", "1d010203",
                          "1901", "0b", "0b0801", "0b12", "ff"}) {
    EXPECT_EQ(Normal(hex), "unexpected EOF") << hex;
  }
  for (const char* hex : {"08ffffffffffffffffff02", "0880808080808080808080",
                          "ffffffffffffffffff7f", "12ffffffffffffffffffff01"}) {
    EXPECT_EQ(Normal(hex), "proto: variable length integer overflow") << hex;
  }
  for (const char* hex : {"00", "0000", "0200", "808080801001", "0b000c"}) {
    EXPECT_EQ(Normal(hex), "proto: invalid field number") << hex;
  }
  for (const char* hex : {"0c", "0b14", "0b130c14"}) {
    EXPECT_EQ(Normal(hex), "proto: mismatching end group marker") << hex;
  }
  for (const char* hex : {"0e", "0f", "0b0e0c", "0807160012"}) {
    EXPECT_EQ(Normal(hex), "proto: cannot parse reserved wire type") << hex;
  }
}

TEST(StructuredTest, GroupsMayNestButNotForever) {
  std::string deep;
  for (int i = 0; i < 1000; ++i) deep += "0b";
  EXPECT_EQ(Normal(deep), "proto: groups are nested too deeply");
}

TEST(StructuredTest, ValueThatIsAbsentIsNotEmpty) {
  const Bytes absent = FromHex("0a016b").value();
  auto request = ParseStructuredKeyValue(absent);
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->items.at(0).value);
  const Bytes empty = FromHex("0a016b1200").value();
  request = ParseStructuredKeyValue(empty);
  ASSERT_TRUE(request);
  ASSERT_TRUE(request->items.at(0).value);
  EXPECT_TRUE(EncodeContent(*request->items.at(0).value).empty());
}

TEST(StructuredTest, PiecesOfAMessageAreMergedAndEachMustBeWhole) {
  const Bytes pieces = FromHex("0a016e12020802120412027878").value();
  const auto request = ParseStructuredKeyValue(pieces);
  ASSERT_TRUE(request);
  EXPECT_EQ(ToHex(EncodeContent(*request->items.at(0).value)), "080212027878");
  // Together these would be a whole field.
  const Bytes torn = FromHex("12010812010a").value();
  EXPECT_FALSE(ParseStructuredKeyValue(torn));
}

TEST(StructuredTest, ASafeRequestTellsAnAbsentEntryAndRootIndex) {
  auto request = ParseSafeSetStructured({});
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->items.empty());
  EXPECT_FALSE(request->has_root_index);
  const Bytes both = FromHex("0a0012020807").value();
  request = ParseSafeSetStructured(both);
  ASSERT_TRUE(request);
  EXPECT_EQ(request->items.size(), 1u);
  EXPECT_TRUE(request->has_root_index);
  EXPECT_EQ(request->root_index, 7u);
  const Bytes torn = FromHex("12020880").value();
  EXPECT_FALSE(ParseSafeSetStructured(torn));
}

}  // namespace
}  // namespace immudb::api
