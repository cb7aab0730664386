// Bytes as lower-case hexadecimal text.

#pragma once

#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb {

std::string ToHex(BytesView bytes);

// Errors: kInvalidArgument for an odd length or a character outside 0-9, a-f, A-F.
Result<Bytes> FromHex(std::string_view text);

}  // namespace immudb
