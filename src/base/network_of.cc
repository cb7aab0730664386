#include "base/network_of.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace immudb {
namespace {

// What IPv4 addresses begin with in IPv6's form (RFC 4291 section 2.5.5.2).
constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::size_t kNetworkBytes = 8;

}  // namespace

std::string NetworkOf(std::string_view address) {
  std::array<std::uint8_t, sizeof(in6_addr)> bytes{};
  std::string text(address);
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return text;
  const bool is_mapped = std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
  if (!is_mapped) std::fill(bytes.begin() + kNetworkBytes, bytes.end(), std::uint8_t{0});
  std::array<char, INET6_ADDRSTRLEN> out{};
  if (is_mapped) {
    inet_ntop(AF_INET, bytes.data() + kMapped.size(), out.data(), out.size());
    return out.data();
  }
  inet_ntop(AF_INET6, bytes.data(), out.data(), out.size());
  return std::string(out.data()) + "/64";
}

}  // namespace immudb
