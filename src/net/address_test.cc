#include "net/address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <filesystem>
#include <string>

namespace immudb::net {
namespace {

sockaddr_storage Ipv4(const char* text) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in&>(storage);
  address.sin_family = AF_INET;
  address.sin_port = htons(99);
  inet_pton(AF_INET, text, &address.sin_addr);
  return storage;
}

sockaddr_storage Ipv6(const char* text) {
  sockaddr_storage storage{};
  auto& address = reinterpret_cast<sockaddr_in6&>(storage);
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(99);
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return storage;
}

TEST(AddressTest, LoopbackIsDecidedOnTheAddress) {
  EXPECT_TRUE(PeerOf(Ipv4("127.0.0.1")).is_loopback);
  EXPECT_TRUE(PeerOf(Ipv4("127.255.0.1")).is_loopback);
  EXPECT_FALSE(PeerOf(Ipv4("128.0.0.1")).is_loopback);
  EXPECT_TRUE(PeerOf(Ipv6("::1")).is_loopback);
  EXPECT_TRUE(PeerOf(Ipv6("::ffff:127.0.0.1")).is_loopback);
  EXPECT_FALSE(PeerOf(Ipv6("::ffff:192.0.2.1")).is_loopback);
  EXPECT_FALSE(PeerOf(Ipv6("2001:db8::1")).is_loopback);
}

TEST(AddressTest, APeerIsNamedWithoutItsPort) {
  EXPECT_EQ(PeerOf(Ipv4("192.0.2.7")).address, "192.0.2.7");
  EXPECT_EQ(PeerOf(Ipv4("192.0.2.7")).port, 99);
  EXPECT_EQ(PeerOf(Ipv6("2001:db8::1")).address, "2001:db8::1");
  EXPECT_EQ(PeerOf(Ipv6("::ffff:192.0.2.7")).address, "192.0.2.7");
  sockaddr_storage unix_address{};
  unix_address.ss_family = AF_UNIX;
  EXPECT_EQ(PeerOf(unix_address).address, "unix");
}

TEST(AddressTest, LimitsCountNetworksOfIpv6) {
  EXPECT_EQ(AdmissionKey(Ipv6("2001:db8:1:2:3:4:5:6")), AdmissionKey(Ipv6("2001:db8:1:2::1")));
  EXPECT_NE(AdmissionKey(Ipv6("2001:db8:1:3::1")), AdmissionKey(Ipv6("2001:db8:1:2::1")));
  EXPECT_EQ(AdmissionKey(Ipv6("::ffff:192.0.2.7")), AdmissionKey(Ipv4("192.0.2.7")));
  EXPECT_NE(AdmissionKey(Ipv6("::1")), AdmissionKey(Ipv6("::2")));
}

TEST(AddressTest, AFreePortIsFoundAndATakenOneIsRefused) {
  auto first = Listen("127.0.0.1", 0);
  ASSERT_TRUE(first);
  EXPECT_NE(first->port, 0);
  EXPECT_EQ(Listen("127.0.0.1", first->port).error().code, Code::kIo);
  EXPECT_EQ(Listen("no such name.invalid", 0).error().code, Code::kInvalidArgument);
  EXPECT_TRUE(Listen("", 0));
  EXPECT_TRUE(Listen("localhost", 0));
}

TEST(AddressTest, AUnixSocketIsReplacedOnlyIfNobodyListens) {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("address_test_" + std::to_string(getpid())))
          .string();
  {
    auto listening = Listen("unix:" + path, 0);
    ASSERT_TRUE(listening) << listening.error().message;
    EXPECT_FALSE(Listen("unix:" + path, 0));
  }
  EXPECT_TRUE(Listen("unix:" + path, 0));
  std::filesystem::remove(path);
  EXPECT_EQ(Listen("unix:" + std::string(200, 'x'), 0).error().code, Code::kInvalidArgument);
}

}  // namespace
}  // namespace immudb::net
