#include "base/network_of.h"

#include <gtest/gtest.h>

namespace immudb {
namespace {

TEST(NetworkOfTest, AddressesOfOneIPv6SubscriberAreOneNetwork) {
  EXPECT_EQ(NetworkOf("2001:db8:0:1::1"), "2001:db8:0:1::/64");
  EXPECT_EQ(NetworkOf("2001:db8:0:1:ffff:ffff:ffff:ffff"), "2001:db8:0:1::/64");
  EXPECT_EQ(NetworkOf("2001:db8:0:2::1"), "2001:db8:0:2::/64");
}

TEST(NetworkOfTest, AnIPv4AddressIsANetworkOfItsOwnInEitherForm) {
  EXPECT_EQ(NetworkOf("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(NetworkOf("::ffff:192.0.2.7"), "192.0.2.7");
}

TEST(NetworkOfTest, WhatIsNoAddressIsItself) {
  EXPECT_EQ(NetworkOf("unix"), "unix");
  EXPECT_EQ(NetworkOf(""), "");
  EXPECT_EQ(NetworkOf("2001:db8::1::2"), "2001:db8::1::2");
}

}  // namespace
}  // namespace immudb
