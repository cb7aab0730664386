#include "log/locate.h"

#include <gtest/gtest.h>

#include "log/log_world.h"

namespace immudb::log {
namespace {

TEST(LocateTest, EveryEntryIsFoundWhereItWasPut) {
  LogWorld world(TestSeed());
  ASSERT_TRUE(world.Create() && world.Open());
  while (world.log->statistics().segments < 5) ASSERT_TRUE(world.Append() && world.Sync());
  ASSERT_TRUE(world.Seal());
  for (std::size_t i = 0; i < world.given.size(); ++i) {
    const auto found = world.log->Locate({i});
    ASSERT_TRUE(found.has_value()) << i << ": " << found.error().message;
    EXPECT_EQ(*found, world.given[i].position) << i;
  }
  EXPECT_EQ(world.log->Locate({world.given.size()}).error().code, Code::kNotFound);
}

TEST(LocateTest, ADamagedRecordOnTheWayIsSaid) {
  LogWorld world(TestSeed());
  ASSERT_TRUE(world.Create() && world.Open());
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(world.Append(60) && world.Sync());
  const std::uint64_t offset = kSegmentHeaderBytes + world.given[4].position.value;
  ASSERT_TRUE(world.files.Corrupt("log/" + SegmentName(0), offset, 1));
  EXPECT_EQ(world.log->Locate({4}).error().code, Code::kCorrupted);
  EXPECT_TRUE(world.log->Locate({0}).has_value());
  EXPECT_TRUE(world.log->Locate({world.given.size() - 1}).has_value());
  ASSERT_TRUE(world.files.Corrupt("log/" + SegmentName(0), kSegmentHeaderBytes, 1));
  EXPECT_EQ(world.log->Locate({world.given.size() - 1}).error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::log
