// Base64 with the standard alphabet and padding (RFC 4648 section 4).

#pragma once

#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb {

// Errors: kInvalidArgument, without the text: a character outside the alphabet, a missing or
// misplaced padding, bits set behind the last byte. The text may be a secret.
Result<Bytes> FromBase64(std::string_view text);

}  // namespace immudb
