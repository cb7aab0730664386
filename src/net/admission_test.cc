#include "net/admission.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb::net {
namespace {

class AdmissionTest : public testing::Test {
 protected:
  AdmissionTest() {
    limits.connections_max = 100;
    limits.connections_per_address = 5;
    limits.connect_burst = 10;
    limits.connects_per_second = 2;
    limits.connections_per_local_address = 50;
  }

  bool Admit(Admission& admission, const std::string& key) {
    return admission.Admit(key, Locality::kRemote);
  }

  AdmissionLimits limits;
  FakeClock clock;
};

TEST_F(AdmissionTest, AnAddressMayHaveOnlySoManyConnections) {
  Admission admission(limits, clock);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Admit(admission, "a"));
  EXPECT_FALSE(Admit(admission, "a"));
  EXPECT_TRUE(Admit(admission, "b"));
  admission.Release("a");
  EXPECT_TRUE(Admit(admission, "a"));
}

TEST_F(AdmissionTest, AnAddressMayConnectOnlySoOften) {
  Admission admission(limits, clock);
  const auto reconnect = [&] {
    if (!Admit(admission, "a")) return false;
    admission.Release("a");
    return true;
  };
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(reconnect());
  EXPECT_FALSE(reconnect());
  clock.AdvanceMs(1000);
  EXPECT_TRUE(reconnect());
  EXPECT_TRUE(reconnect());
  EXPECT_FALSE(reconnect());
}

TEST_F(AdmissionTest, AddressesOfThisMachineHaveWiderLimitsButLimits) {
  Admission admission(limits, clock);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(admission.Admit("127.0.0.1", Locality::kLocal));
  EXPECT_FALSE(admission.Admit("127.0.0.1", Locality::kLocal));
}

TEST_F(AdmissionTest, AllConnectionsTogetherAreLimited) {
  Admission admission(limits, clock);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(Admit(admission, std::to_string(i)));
  EXPECT_FALSE(Admit(admission, "another"));
  EXPECT_EQ(admission.connections(), 100U);
}

TEST_F(AdmissionTest, AnAbusiveAddressPausesLongerEachTime) {
  Admission admission(limits, clock);
  std::int64_t pause_ms = 1000;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(Admit(admission, "a"));
    admission.Punish("a");
    admission.Release("a");
    clock.AdvanceMs(pause_ms - 1);
    EXPECT_FALSE(Admit(admission, "a"));
    EXPECT_TRUE(Admit(admission, "b"));
    admission.Release("b");
    clock.AdvanceMs(1);
    pause_ms = std::min<std::int64_t>(pause_ms * 2, 60'000);
  }
}

TEST_F(AdmissionTest, NobodyIsRefusedBecauseManyAddressesAreRemembered) {
  limits.connections_max = 100'000;
  Admission admission(limits, clock);
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_TRUE(Admit(admission, std::to_string(i))) << i;
    if (i % 2 == 0) admission.Release(std::to_string(i));
  }
  EXPECT_EQ(admission.connections(), 20'000U);
}

TEST_F(AdmissionTest, APunishedAddressIsNotForgottenForThoseThatCome) {
  limits.connections_max = 100'000;
  limits.penalty_ms = 60'000;
  Admission admission(limits, clock);
  ASSERT_TRUE(Admit(admission, "abusive"));
  admission.Punish("abusive");
  admission.Release("abusive");
  for (int i = 0; i < 40'000; ++i) {
    ASSERT_TRUE(Admit(admission, std::to_string(i)));
    admission.Release(std::to_string(i));
  }
  EXPECT_FALSE(Admit(admission, "abusive"));
  clock.AdvanceMs(60'000);
  EXPECT_TRUE(Admit(admission, "abusive"));
}

}  // namespace
}  // namespace immudb::net
