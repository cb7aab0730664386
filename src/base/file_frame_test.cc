#include "base/file_frame.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/testing/format_page.h"

namespace immudb {
namespace {

constexpr FileFrame kFrame{.name = "the file", .magic = "MAGICMAG", .version = 3};

Bytes Example() {
  Bytes file = BeginFramedFile(kFrame);
  file.insert(file.end(), {1, 2, 3});
  EndFramedFile(file);
  return file;
}

TEST(FileFrameTest, WhatWasFramedIsFoundAgain) {
  const Bytes file = Example();
  EXPECT_EQ(file.size(), kFrameHeaderBytes + 3 + kFrameTrailerBytes);
  const Result<BytesView> body = ReadFramedFile(file, kFrame);
  ASSERT_TRUE(body) << body.error().message;
  EXPECT_TRUE(std::ranges::equal(*body, Bytes{1, 2, 3}));
}

TEST(FileFrameTest, EveryChangedOrMissingByteIsDamage) {
  const Bytes file = Example();
  for (std::size_t i = 0; i < file.size(); ++i) {
    Bytes changed = file;
    changed[i] ^= 1u;
    EXPECT_EQ(ReadFramedFile(changed, kFrame).error().code, Code::kCorrupted) << i;
    EXPECT_EQ(ReadFramedFile(BytesView(file).first(i), kFrame).error().code, Code::kCorrupted) << i;
  }
}

TEST(FileFrameTest, AnotherVersionAndIncompatibleFeaturesAreRefusedOthersPassedOver) {
  const auto with = [](std::size_t offset, std::uint32_t value) {
    Bytes file = Example();
    PutU32(file.data() + offset, value);
    return Resealed(file);
  };
  EXPECT_EQ(ReadFramedFile(with(8, 4), kFrame).error().code, Code::kUnsupported);
  EXPECT_EQ(ReadFramedFile(with(20, 1), kFrame).error().code, Code::kUnsupported);
  EXPECT_TRUE(ReadFramedFile(with(12, 1), kFrame));
  EXPECT_TRUE(ReadFramedFile(with(16, 1), kFrame));
}

}  // namespace
}  // namespace immudb
