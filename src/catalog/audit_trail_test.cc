#include "catalog/audit_trail.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "catalog/testing/fake_engine.h"

namespace immudb::catalog {
namespace {

class AuditTrailTest : public testing::Test {
 protected:
  nlohmann::json Event(std::size_t i) const {
    return nlohmann::json::parse(state_.entries.at(i).value);
  }
  std::string Key(std::size_t i) const {
    return {state_.entries.at(i).key.begin(), state_.entries.at(i).key.end()};
  }

  FakeClock clock_;
  FakeLedgerState state_;
  FakeLedger ledger_{state_};
  AuditTrail trail_{ledger_, clock_};
};

TEST_F(AuditTrailTest, AnEventIsAnEntryThatTellsWhoDidWhatWhenAndFromWhere) {
  ASSERT_TRUE(trail_.AppendAndWait({.kind = EventKind::kLogin,
                                    .actor = "alice",
                                    .subject = "",
                                    .address = "192.0.2.1",
                                    .reason = ""}));
  EXPECT_EQ(Key(0), "event/00001600000000000000");
  EXPECT_EQ(Event(0), (nlohmann::json{{"time_us", 1'600'000'000'000'000},
                                      {"event", "login"},
                                      {"actor", "alice"},
                                      {"address", "192.0.2.1"}}));
}

TEST_F(AuditTrailTest, KeysSortByTimeEvenIfTheClockStandsStillOrGoesBack) {
  const AuditEvent event;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(trail_.AppendAndWait(event));
  clock_.unix_us -= 5'000'000;
  ASSERT_TRUE(trail_.AppendAndWait(event));
  clock_.unix_us += 60'000'000;
  ASSERT_TRUE(trail_.AppendAndWait(event));
  for (std::size_t i = 1; i < state_.entries.size(); ++i) EXPECT_LT(Key(i - 1), Key(i));
  EXPECT_EQ(Event(3)["time_us"], 1'599'999'995'000'000);
}

TEST_F(AuditTrailTest, WhateverAnActorIsCalledTheEventIsPlainJson) {
  ASSERT_TRUE(trail_.AppendAndWait({.kind = EventKind::kLogin,
                                    .actor = "a\"\n\xff\xc3\xa4",
                                    .subject = "",
                                    .address = "",
                                    .reason = ""}));
  for (const std::uint8_t byte : state_.entries[0].value) {
    EXPECT_GE(byte, 0x20);
    EXPECT_LT(byte, 0x7f);
  }
  EXPECT_EQ(Event(0)["actor"], "a\"\n\xef\xbf\xbd\xc3\xa4");
}

TEST_F(AuditTrailTest, ARefusedEventIsReported) {
  ledger_.RefuseWrites(Fail(Code::kExhausted, "disk full"));
  Status got;
  trail_.Append({}, [&](const Status& status) { got = status; });
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::kExhausted);
  EXPECT_FALSE(trail_.AppendAndWait({}));
}

TEST_F(AuditTrailTest, FailedLoginsAreOneEventPerUserAddressReasonAndMinute) {
  for (int i = 0; i < 100; ++i) trail_.CountFailedLogin("alice", "192.0.2.1", "wrong");
  trail_.CountFailedLogin("bob", "192.0.2.1", "wrong");
  trail_.WriteFailedLogins(AuditTrail::Sums::kOfPastMinutes);
  EXPECT_TRUE(state_.entries.empty());
  clock_.AdvanceMs(60'000);
  trail_.CountFailedLogin("alice", "192.0.2.1", "wrong");
  trail_.WriteFailedLogins(AuditTrail::Sums::kOfPastMinutes);
  ASSERT_EQ(state_.entries.size(), 2u);
  EXPECT_EQ(Event(0)["actor"], "alice");
  EXPECT_EQ(Event(0)["count"], 100);
  EXPECT_EQ(Event(0)["event"], "login failed");
  EXPECT_EQ(Event(1)["actor"], "bob");
  EXPECT_FALSE(Event(1).contains("count"));
  trail_.WriteFailedLogins(AuditTrail::Sums::kAll);
  ASSERT_EQ(state_.entries.size(), 3u);
  EXPECT_EQ(Event(2)["actor"], "alice");
}

TEST_F(AuditTrailTest, FailuresFromOneIPv6NetworkAreOneSum) {
  for (int i = 1; i < 2000; ++i) {
    trail_.CountFailedLogin("", Text("2001:db8:0:1::{:x}", i), "wrong");
  }
  trail_.CountFailedLogin("", "2001:db8:0:2::1", "wrong");
  trail_.WriteFailedLogins(AuditTrail::Sums::kAll);
  ASSERT_EQ(state_.entries.size(), 2u);
  EXPECT_EQ(Event(0)["address"], "2001:db8:0:1::/64");
  EXPECT_EQ(Event(0)["count"], 1999);
}

TEST_F(AuditTrailTest, SumsThatCannotBeWrittenAreCountedOn) {
  trail_.CountFailedLogin("alice", "192.0.2.1", "wrong");
  ledger_.RefuseWrites(Fail(Code::kExhausted, "disk full"));
  trail_.WriteFailedLogins(AuditTrail::Sums::kAll);
  trail_.CountFailedLogin("alice", "192.0.2.1", "wrong");
  ledger_.RefuseWrites({});
  trail_.WriteFailedLogins(AuditTrail::Sums::kAll);
  ASSERT_EQ(state_.entries.size(), 1u);
  EXPECT_EQ(Event(0)["count"], 2);
}

TEST_F(AuditTrailTest, ManyAttackersShareOneSum) {
  for (int i = 0; i < 5000; ++i) trail_.CountFailedLogin("", Text("address {}", i), "wrong");
  trail_.WriteFailedLogins(AuditTrail::Sums::kAll);
  EXPECT_EQ(state_.entries.size(), 1025u);
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < state_.entries.size(); ++i) {
    sum += Event(i).value("count", std::uint64_t{1});
  }
  EXPECT_EQ(sum, 5000u);
}

}  // namespace
}  // namespace immudb::catalog
