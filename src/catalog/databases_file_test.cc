#include "catalog/databases_file.h"

#include <gtest/gtest.h>

#include "base/hex.h"
#include "base/testing/format_page.h"

namespace immudb::catalog {
namespace {

DatabasesFile Example() {
  return {.next_folder = 4,
          .databases = {{.name = "db1", .folder = 1}, {.name = "9", .folder = 3}}};
}

TEST(DatabasesFileTest, TheExampleOfTheFormatPageIsWhatIsWrittenAndRead) {
  const Bytes example = ExampleOfPage("databases.md");
  EXPECT_EQ(ToHex(EncodeDatabases(Example())), ToHex(example));
  const auto file = DecodeDatabases(example);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(*file, Example());
}

TEST(DatabasesFileTest, AnyChangedOrMissingByteIsFoundOut) {
  const Bytes file = EncodeDatabases(Example());
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] ^= 0x40u;
    const auto decoded = DecodeDatabases(changed);
    ASSERT_FALSE(decoded) << i;
    EXPECT_EQ(decoded.error().code, Code::kCorrupted) << i;
    EXPECT_FALSE(DecodeDatabases(BytesView(file).first(i))) << i;
  }
}

TEST(DatabasesFileTest, WhatTheChecksumCoversIsCheckedToo) {
  Bytes later = EncodeDatabases(Example());
  later[8] = 2;
  EXPECT_EQ(DecodeDatabases(Resealed(later)).error().code, Code::kUnsupported);
  Bytes feature = EncodeDatabases(Example());
  feature[20] = 1;
  EXPECT_EQ(DecodeDatabases(Resealed(feature)).error().code, Code::kUnsupported);
  for (const DatabasesFile& file : {
           DatabasesFile{.next_folder = 3, .databases = Example().databases},
           DatabasesFile{.next_folder = 9, .databases = {{"a", 1}, {"a", 2}}},
           DatabasesFile{.next_folder = 9, .databases = {{"a", 1}, {"b", 1}}},
           DatabasesFile{.next_folder = 9, .databases = {{"../a", 1}}},
           DatabasesFile{.next_folder = 9, .databases = {{"systemdb", 1}}},
       }) {
    EXPECT_EQ(DecodeDatabases(EncodeDatabases(file)).error().code, Code::kCorrupted);
  }
  for (const std::uint8_t count : std::initializer_list<std::uint8_t>{0, 1, 3, 255}) {
    Bytes other = EncodeDatabases(Example());
    other[24] = count;
    EXPECT_EQ(DecodeDatabases(Resealed(other)).error().code, Code::kCorrupted) << int{count};
  }
  for (const std::size_t length_at : {36u, 45u}) {
    Bytes longer = EncodeDatabases(Example());
    longer[length_at] = 200;
    EXPECT_EQ(DecodeDatabases(Resealed(longer)).error().code, Code::kCorrupted);
  }
}

TEST(DatabasesFileTest, FoldersAreNumbersOfEightDigits) {
  EXPECT_EQ(DatabaseFolder(1), "db-00000001");
  EXPECT_EQ(DatabaseFolder(123456789), "db-123456789");
}

}  // namespace
}  // namespace immudb::catalog
