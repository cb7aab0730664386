#include "catalog/expected_root.h"

#include <gtest/gtest.h>

namespace immudb::catalog {
namespace {

const std::string kRoot(64, 'a');

TEST(ExpectedRootTest, OneOrSeveralRootsAreRead) {
  EXPECT_TRUE(ParseExpectedRoots("", Sizes::kRequired)->empty());
  const auto one = ParseExpectedRoots(kRoot + "@17", Sizes::kRequired);
  ASSERT_TRUE(one && one->size() == 1);
  EXPECT_EQ(one->front().database, "");
  EXPECT_EQ(one->front().size, TreeSize{17});
  EXPECT_EQ(one->front().root[31], 0xaa);
  const auto two =
      ParseExpectedRoots("first=" + kRoot + "@1,second=" + kRoot + "@2", Sizes::kRequired);
  ASSERT_TRUE(two && two->size() == 2);
  EXPECT_EQ((*two)[0].database, "first");
  EXPECT_EQ((*two)[1].database, "second");
  EXPECT_EQ((*two)[1].size, TreeSize{2});
}

TEST(ExpectedRootTest, TheSizeMayBeLeftOut) {
  const auto roots = ParseExpectedRoots(kRoot + ",name=" + kRoot, Sizes::kOptional);
  ASSERT_TRUE(roots && roots->size() == 2);
  EXPECT_EQ((*roots)[0].size, std::nullopt);
  EXPECT_EQ((*roots)[1].database, "name");
  EXPECT_EQ((*roots)[1].size, std::nullopt);
  EXPECT_FALSE(ParseExpectedRoots(kRoot, Sizes::kRequired));
  EXPECT_FALSE(ParseExpectedRoots("name=" + kRoot, Sizes::kRequired));
}

TEST(ExpectedRootTest, WhatIsNoRootIsRefused) {
  for (const std::string& text :
       {std::string("x"), kRoot + "@", kRoot + "@0", kRoot + "@-1", kRoot + "@1x", kRoot + "a@1",
        kRoot.substr(2) + "@1", "=" + kRoot + "@1", kRoot + "@1,", "," + kRoot + "@1",
        kRoot + "@18446744073709551616", "g" + kRoot.substr(1) + "@1"}) {
    for (const Sizes sizes : {Sizes::kRequired, Sizes::kOptional}) {
      const auto parsed = ParseExpectedRoots(text, sizes);
      ASSERT_FALSE(parsed) << text;
      EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
    }
  }
}

}  // namespace
}  // namespace immudb::catalog
