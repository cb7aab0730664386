// What the handlers of calls work with.

#pragma once

#include <cstdint>
#include <string>

#include "auth/authenticator.h"
#include "auth/session_table.h"
#include "auth/user_registry.h"
#include "base/bounded_executor.h"
#include "catalog/catalog.h"

namespace immudb::api {

struct ServiceOptions {
  std::string version_text;  // What Health answers.
  std::uint64_t reply_bytes_max = 64u << 20;
  std::size_t reads_waiting_max = 4096;
  std::size_t hashes_waiting_max = 32;
};

// All of it outlives every call.
struct Environment {
  const ServiceOptions& options;
  catalog::Catalog& catalog;
  const auth::UserRegistry& users;
  auth::Authenticator& authenticator;
  auth::SessionTable& sessions;
  BoundedExecutor& reads;    // For what may touch the disk or take long.
  BoundedExecutor& hashing;  // For password hashes.
};

}  // namespace immudb::api
