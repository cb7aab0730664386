#include "backup/tar.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace immudb::backup {
namespace {

TEST(TarTest, AHeaderIsReadAsItWasWritten) {
  for (const std::uint64_t bytes :
       {std::uint64_t{0}, std::uint64_t{1}, (std::uint64_t{1} << 33) - 1, std::uint64_t{1} << 33,
        (std::uint64_t{1} << 62) + 77}) {
    const TarMember member{
        .name = "db-00000001.snapshot", .bytes = bytes, .modified_s = 1'700'000'000};
    const auto decoded = DecodeTarHeader(EncodeTarHeader(member));
    ASSERT_TRUE(decoded) << decoded.error().message;
    EXPECT_EQ(**decoded, member);
  }
}

TEST(TarTest, ZerosAreTheEnd) {
  const auto end = DecodeTarHeader(TarBlock{});
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->has_value());
}

TEST(TarTest, EveryChangedBitIsNoticed) {
  const TarBlock whole = EncodeTarHeader({.name = "defaultdb.snapshot", .bytes = 12345});
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      TarBlock changed = whole;
      changed[at] ^= static_cast<std::uint8_t>(1 << bit);
      const auto decoded = DecodeTarHeader(changed);
      // Blanks and zeros behind the checksum mean the same.
      EXPECT_TRUE(!decoded || at == 154 || at == 155) << at;
    }
  }
}

// With their checksums right.
TarBlock Sealed(TarBlock block) {
  std::uint64_t sum = std::uint64_t{8} * ' ';
  for (std::size_t at = 0; at < block.size(); ++at) {
    if (at < 148 || at >= 156) sum += block[at];
  }
  for (std::size_t i = 6; i-- > 0; sum /= 8) {
    block[148 + i] = static_cast<std::uint8_t>('0' + sum % 8);
  }
  return block;
}

TEST(TarTest, NothingButARegularFileIsTaken) {
  const TarBlock whole = EncodeTarHeader({.name = "defaultdb.snapshot", .bytes = 12345});
  ASSERT_TRUE(DecodeTarHeader(Sealed(whole)));
  for (const char type : {'1', '2', '3', '4', '5', '6', '7', 'x', 'g', 'L', 'K', 'S', '\0'}) {
    TarBlock block = whole;
    block[156] = static_cast<std::uint8_t>(type);
    EXPECT_EQ(DecodeTarHeader(Sealed(block)).error().code, Code::kCorrupted) << type;
  }
  for (const std::size_t at : {157u, 200u, 345u, 499u}) {  // The link's name and the prefix.
    TarBlock block = whole;
    block[at] = 'x';
    EXPECT_FALSE(DecodeTarHeader(Sealed(block))) << at;
  }
  for (const int first : {0xff, 0x81, 0x2d, 0x20}) {  // Negative and blank sizes.
    TarBlock block = whole;
    block[124] = static_cast<std::uint8_t>(first);
    EXPECT_FALSE(DecodeTarHeader(Sealed(block))) << first;
  }
}

}  // namespace
}  // namespace immudb::backup
