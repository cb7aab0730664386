// What the handlers of calls work with.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "auth/authenticator.h"
#include "auth/password_hasher.h"
#include "auth/session_table.h"
#include "auth/user_registry.h"
#include "base/bounded_executor.h"
#include "base/byte_ledger.h"
#include "base/clock.h"
#include "catalog/catalog.h"
#include "immudb/result.h"

namespace immudb::api {

class RootSigner;

// What became of a database when it was last read again in the background.
struct ScrubState {
  std::int64_t end_unix_us = 0;  // 0: not yet.
  std::uint64_t findings = 0;
};

struct ServiceOptions {
  std::string version_text;  // What Health answers.
  std::uint64_t reply_bytes_max = 64u << 20;
  // All replies together that are being put together; a lone one always fits.
  std::size_t unfinished_reply_bytes_max = 32u << 20;
  std::size_t reads_waiting_max = 4096;
  std::size_t hashes_waiting_max = 32;

  // As the server was started; UpdateAuthConfig may change the first. Source: immudb 0.8.1.
  bool auth = true;          // Calls need a login.
  bool maintenance = false;  // User management needs none.
  bool dev_mode = false;     // Without logins, callers may come from other machines.

  // Passwords and rights may be set from other machines over unencrypted connections.
  bool allow_cleartext_management = false;

  // Writes a setting to the configuration file in use, for the next start. Blocks.
  std::function<Status(std::string_view option, bool value)> store_setting = {};

  // Null: nothing is read again in the background.
  std::function<ScrubState(const std::string& database)> scrub_state = {};
};

// All of it outlives every call.
struct Environment {
  const ServiceOptions& options;
  catalog::Catalog& catalog;
  auth::UserRegistry& users;
  auth::Authenticator& authenticator;
  auth::SessionTable& sessions;
  const auth::PasswordHasher& hasher;
  const Clock& clock;
  std::atomic<bool>& auth_is_on;
  std::atomic<std::uint64_t>& calls_begun;  // Since the start, of all methods.
  RootSigner* signer;                       // Null: roots are not signed.
  BoundedExecutor& reads;                   // For what may touch the disk.
  BoundedExecutor& long_reads;  // For what is long, and may take longer while there is more to do.
  BoundedExecutor& hashing;     // For password hashes.
  ByteLedger& unfinished_replies;
};

}  // namespace immudb::api
