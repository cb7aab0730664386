// The users file as bytes; docs/formats/users.md describes the format.

#pragma once

#include <span>
#include <vector>

#include "auth/user.h"
#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::auth {

// Returns the file's content. Requires: names are unique; every text is shorter than 64 KiB, and so
// is the number of a user's grants.
Bytes EncodeUsers(std::span<const User> users);

// Returns the users, sorted by name. Errors: kCorrupted if any byte contradicts the checksum or the
// format; kUnsupported if a newer version or an unknown feature is needed to read it.
Result<std::vector<User>> DecodeUsers(BytesView file);

}  // namespace immudb::auth
