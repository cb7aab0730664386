#include "catalog/server_id.h"

#include <gtest/gtest.h>

namespace immudb::catalog {
namespace {

TEST(ServerIdTest, TheTextIsBase32HexInLowerCase) {
  EXPECT_EQ(ServerIdText({}), "00000000000000000000");
  // RFC 4648 section 10: "foobar" is CPNMUOJ1E8 in base32hex; twice six bytes keep no padding.
  EXPECT_EQ(ServerIdText({'f', 'o', 'o', 'b', 'a', 'r', 0, 0, 0, 0, 0, 0}), "cpnmuoj1e80000000000");
  ServerId ones;
  ones.fill(0xff);
  EXPECT_EQ(ServerIdText(ones), "vvvvvvvvvvvvvvvvvvvg");
}

TEST(ServerIdTest, EveryTextLeadsBackToItsBytes) {
  for (int byte = 0; byte < 256; ++byte) {
    for (std::size_t at = 0; at < 12; ++at) {
      ServerId id{};
      id[at] = static_cast<std::uint8_t>(byte);
      const auto parsed = ParseServerId(ServerIdText(id));
      ASSERT_TRUE(parsed);
      EXPECT_EQ(*parsed, id);
    }
  }
}

TEST(ServerIdTest, NothingElseIsAnIdentifier) {
  for (const char* text :
       {"", "0", "0000000000000000000", "000000000000000000000", "0000000000000000000w",
        "0000000000000000000V", "00000000000000000001", "0000000000 000000000"}) {
    EXPECT_FALSE(ParseServerId(text)) << text;
  }
}

}  // namespace
}  // namespace immudb::catalog
