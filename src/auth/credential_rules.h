// What the names and passwords of users must be like.

#pragma once

#include <string_view>

#include "immudb/result.h"

namespace immudb::auth {

// Longer names are refused: they would be repeated in the users file, in every list and in logs.
inline constexpr std::size_t kUserNameBytesMax = 256;

// Checks the name of a user who is to be created.
// Errors: kInvalidArgument with the text of immudb 0.8.1.
Status CheckUserName(std::string_view name);

// Checks that a password is not too easy to guess: 8 to 32 bytes; a letter of upper case, a digit
// and a special character; nothing but letters with case, digits and special characters.
// Errors: kInvalidArgument with the text of immudb 0.8.1.
Status CheckPassword(std::string_view password);

}  // namespace immudb::auth
