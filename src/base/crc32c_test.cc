#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb {
namespace {

// Bit by bit, as the polynomial is defined.
std::uint32_t Reference(BytesView data) {
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : data) {
    crc ^= byte;
    for (int k = 0; k < 8; k++) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1u)));
  }
  return ~crc;
}

TEST(Crc32cTest, MatchesTheKnownVector) {
  EXPECT_EQ(Crc32c(0, AsBytes("123456789")), 0xe3069283u);
}

TEST(Crc32cTest, EveryLengthAndSplitMatchesTheReference) {
  std::string text;
  for (int i = 0; i < 70; i++) text.push_back(static_cast<char>(i * 37 + 1));
  for (std::size_t n = 0; n <= text.size(); n++) {
    const BytesView all = AsBytes(text).first(n);
    for (std::size_t cut = 0; cut <= n; cut++) {
      ASSERT_EQ(Crc32c(Crc32c(0, all.first(cut)), all.subspan(cut)), Reference(all));
    }
  }
}

}  // namespace
}  // namespace immudb
