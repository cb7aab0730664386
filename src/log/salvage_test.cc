#include "log/salvage.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "log/entry.h"

namespace immudb::log {
namespace {

TEST(SalvageTest, AValueThatLooksLikeEntriesCostsNoMoreThanTheRecord) {
  // A forger knows which index comes next, and one bit of the entry before it is damaged.
  Bytes forged;
  AppendEntry(forged, EntryKind::kSet, AsBytes("victim"), AsBytes("forged"));
  FinishEntry(forged, {8}, LastOfBatch::kYes);
  Bytes body;
  AppendEntry(body, EntryKind::kSet, AsBytes("a"), forged);
  const std::size_t second = body.size();
  AppendEntry(body, EntryKind::kSet, AsBytes("victim"), AsBytes("honest"));
  FinishEntry(std::span(body), {7}, LastOfBatch::kNo);
  FinishEntry(std::span(body).subspan(second), {8}, LastOfBatch::kYes);
  const auto intact = Salvage(body, {7}, {9});
  ASSERT_EQ(intact.size(), 1u);
  EXPECT_EQ(intact[0].count, 2u);
  body[kEntryHeaderBytes] ^= 1;  // The key: the lengths still lead to the honest entry.
  const auto salvaged = Salvage(body, {7}, {9});
  ASSERT_EQ(salvaged.size(), 1u);
  EXPECT_EQ(salvaged[0].begin, second);
  EXPECT_EQ(salvaged[0].first, LeafIndex{8});
}

TEST(SalvageTest, TheSearchEndsAfterABoundedAmountOfWork) {
  // Every fourth byte looks like the header of an entry with a key of 65,000 bytes.
  Bytes body(8u << 20);
  for (std::size_t at = 0; at + 4 <= body.size(); at += 4) body[at] = 1;
  for (std::size_t at = 0; at + 12 <= body.size(); at += 12) PutU16(&body[at + 2], 60'000);
  EXPECT_TRUE(Salvage(body, {0}, {1u << 30}).empty());
}

}  // namespace
}  // namespace immudb::log
