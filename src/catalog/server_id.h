// The identity of a data directory: 12 bytes that clients key their trusted roots by. It never
// changes for a directory and differs between directories.
//
// Its text form is 20 characters of base32hex in lower case, as of "xid" identifiers, which clients
// of immudb 0.8.1 know as the response header immudb-uuid.

#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "immudb/result.h"

namespace immudb::catalog {

using ServerId = std::array<std::uint8_t, 12>;

std::string ServerIdText(const ServerId& id);

// Errors: kInvalidArgument if `text` is not what ServerIdText makes of some identity.
Result<ServerId> ParseServerId(std::string_view text);

}  // namespace immudb::catalog
