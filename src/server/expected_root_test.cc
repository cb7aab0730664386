#include "server/expected_root.h"

#include <gtest/gtest.h>

namespace immudb::server {
namespace {

const std::string kRoot(64, 'a');

TEST(ExpectedRootTest, OneOrSeveralRootsAreRead) {
  EXPECT_TRUE(ParseExpectedRoots("")->empty());
  const auto one = ParseExpectedRoots(kRoot + "@17");
  ASSERT_TRUE(one && one->size() == 1);
  EXPECT_EQ(one->front().database, "");
  EXPECT_EQ(one->front().head.size.value, 17u);
  EXPECT_EQ(one->front().head.root[31], 0xaa);
  const auto two = ParseExpectedRoots("first=" + kRoot + "@1,second=" + kRoot + "@2");
  ASSERT_TRUE(two && two->size() == 2);
  EXPECT_EQ((*two)[0].database, "first");
  EXPECT_EQ((*two)[1].database, "second");
  EXPECT_EQ((*two)[1].head.size.value, 2u);
}

TEST(ExpectedRootTest, WhatIsNoRootIsRefused) {
  for (const std::string& text :
       {std::string("x"), kRoot, kRoot + "@", kRoot + "@0", kRoot + "@-1", kRoot + "@1x",
        kRoot + "a@1", kRoot.substr(2) + "@1", "=" + kRoot + "@1", kRoot + "@1,",
        "," + kRoot + "@1", kRoot + "@18446744073709551616", "g" + kRoot.substr(1) + "@1"}) {
    const auto parsed = ParseExpectedRoots(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::kInvalidArgument);
  }
}

}  // namespace
}  // namespace immudb::server
