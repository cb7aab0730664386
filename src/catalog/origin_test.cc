#include "catalog/origin.h"

#include <gtest/gtest.h>

namespace immudb::catalog {
namespace {

TEST(OriginTest, ItIsReadAsItWasWritten) {
  for (const char* name : {"defaultdb", "systemdb", "db1"}) {
    Origin origin{.server = {}, .database = name};
    origin.server[3] = 0xab;
    const Result<Origin> read = ParseOrigin(OriginText(origin));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, origin);
  }
}

TEST(OriginTest, WhatNoServerWritesIsRefused) {
  for (const char* text :
       {"", "immudb/", "immudb/00000000000000000000", "immudb/00000000000000000000/",
        "immudb/0000000000000000000z/db", "immudb/0000000000000000000/db",
        "immudb/00000000000000000000/../x", "immudb/00000000000000000000/Upper",
        "immudb/00000000000000000000/a/b", "other/00000000000000000000/db"}) {
    EXPECT_EQ(ParseOrigin(text).error().code, Code::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace immudb::catalog
