#include "metrics/peer_table.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace immudb::metrics {
namespace {

TEST(PeerTableTest, EachAddressHasItsFigures) {
  PeerTable table;
  EXPECT_TRUE(table.Read().empty());
  table.Record("192.0.2.1", 5);
  table.Record("192.0.2.1", 7);
  table.Record("::1", 6);
  const auto all = table.Read();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all.at("192.0.2.1").calls, 2u);
  EXPECT_EQ(all.at("192.0.2.1").last_unix_us, 7);
  EXPECT_EQ(all.at("::1").calls, 1u);
}

TEST(PeerTableTest, MoreAddressesThanThereIsRoomForAreCountedTogether) {
  PeerTable table;
  constexpr std::uint64_t kAddresses = 5000;
  for (std::uint64_t i = 0; i < kAddresses; ++i) table.Record("a" + std::to_string(i), 1);
  table.Record(std::string(100, 'x'), 1);
  const auto all = table.Read();
  EXPECT_LE(all.size(), 1025u);
  EXPECT_TRUE(all.contains("others"));
  std::uint64_t sum = 0;
  for (const auto& [address, figures] : all) sum += figures.calls;
  EXPECT_EQ(sum, kAddresses + 1);
}

TEST(PeerTableTest, NothingIsLostWhenManyThreadsCount) {
  PeerTable table;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&table] {
      for (int j = 0; j < 5000; ++j) table.Record("10.0.0." + std::to_string(j % 50), j);
    });
  }
  threads.clear();
  const auto all = table.Read();
  EXPECT_EQ(all.size(), 50u);
  for (const auto& [address, figures] : all) EXPECT_EQ(figures.calls, 400u) << address;
}

}  // namespace
}  // namespace immudb::metrics
