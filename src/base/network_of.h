// The part of the network that limits and sums per address count as one.

#pragma once

#include <string>
#include <string_view>

namespace immudb {

// Returns the network that `address`, a text, belongs to: of IPv6 the /64, which is what one
// subscriber holds ("2001:db8:0:1::/64"); any other address, and any other text, is one by itself.
// An IPv4 address in IPv6's form is the IPv4 address.
std::string NetworkOf(std::string_view address);

}  // namespace immudb
