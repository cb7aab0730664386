#include "base/byte_ledger.h"

#include <gtest/gtest.h>

#include <utility>

namespace immudb {
namespace {

TEST(ByteLedgerTest, WhatAChargeTakesIsGivenBackAtItsEnd) {
  ByteLedger ledger(100);
  {
    ByteCharge charge(ledger);
    EXPECT_TRUE(charge.Grow(60));
    EXPECT_EQ(ledger.used_bytes(), 60u);
    const ByteCharge moved = std::move(charge);
    EXPECT_EQ(moved.bytes(), 60u);
  }
  EXPECT_EQ(ledger.used_bytes(), 0u);
}

TEST(ByteLedgerTest, WhatDoesNotFitBesideOthersIsRefusedAndTheOnlyOneAlwaysFits) {
  ByteLedger ledger(100);
  ByteCharge only(ledger);
  EXPECT_TRUE(only.Grow(500));
  ByteCharge other(ledger);
  EXPECT_FALSE(other.Grow(1));
  EXPECT_EQ(other.bytes(), 0u);
  only.Shrink(450);
  EXPECT_TRUE(other.Grow(50));
  EXPECT_FALSE(other.Grow(1));
}

TEST(ByteLedgerTest, AChargeIsResizedBothWays) {
  ByteLedger ledger(100);
  ByteCharge charge(ledger);
  ByteCharge other(ledger);
  ASSERT_TRUE(other.Grow(40));
  EXPECT_TRUE(charge.Resize(60));
  EXPECT_EQ(ledger.used_bytes(), 100u);
  EXPECT_FALSE(charge.Resize(61));
  EXPECT_EQ(charge.bytes(), 60u);
  EXPECT_TRUE(charge.Resize(10));
  EXPECT_EQ(charge.bytes(), 10u);
  EXPECT_EQ(ledger.used_bytes(), 50u);
}

}  // namespace
}  // namespace immudb
