// The users of a data directory at the server's start.

#pragma once

#include <memory>
#include <string_view>

#include "auth/password_hasher.h"
#include "auth/user_registry.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "immudb/result.h"

namespace immudb::api {

// Reads the users, or at a first start creates the superadmin with `first_password`, which counts
// for nothing later. `catalog` must outlive the registry.
// Errors: kCorrupted, kUnsupported if the users file cannot be read; kInvalidArgument for a
// password that cannot be hashed; kExhausted, kIo if the users file or the audit trail cannot be
// written.
Result<std::unique_ptr<auth::UserRegistry>> OpenUsers(catalog::Catalog& catalog,
                                                      const auth::PasswordHasher& hasher,
                                                      const Clock& clock,
                                                      std::string_view first_password);

}  // namespace immudb::api
