// Who is logged in: tokens, and what they stand for.
//
// A token is 256 random bits in hexadecimal, opaque to clients. The table keeps only SHA-256 of
// each, so what leaks from memory opens nothing, and looking up by a hash tells nothing by its
// duration. A token is bound to its user as he was then: a change of his password, rights or
// activity ends it. Each lives for an hour, but for a quarter of one without a call; there is no
// renewal but a new one.

#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "auth/user.h"
#include "auth/user_registry.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "crypto/random.h"
#include "immudb/digest.h"
#include "immudb/result.h"

namespace immudb::auth {

struct Session {
  std::shared_ptr<const User> user;     // As he is now. Shared with the registry.
  std::optional<std::string> database;  // What the calls of this session work on, once selected.
  // Of nobody in particular, who may do what the superadmin may: the server runs without logins.
  bool is_maintenance = false;

  bool is_superadmin() const { return is_maintenance || user->is_superadmin(); }
};

// The session of whoever calls while the server runs without logins.
Session MaintenanceSession(std::string database);

enum class TokenState : std::uint8_t { kValid, kExpired, kUnknown };

struct TokenLookup {
  TokenState state = TokenState::kUnknown;
  Session session = {};  // kValid only.
};

// Thread-safe.
class SessionTable {
 public:
  struct Options {
    std::int64_t lifetime_ms = 3'600'000;  // As immudb 0.8.1.
    std::int64_t idle_ms = 900'000;        // Without a call.
    // An expired token is told from an unknown one for so long.
    std::int64_t remembered_ms = 24 * std::int64_t{3'600'000};
    // A user who opens more ends the one of his that was used longest ago. As many expired ones are
    // remembered.
    std::size_t sessions_per_user_max = 4096;
  };

  SessionTable(const UserRegistry& users, crypto::RandomSource& random, const Clock& clock,
               Options options)
      : options_(options), users_(users), clock_(clock), random_(random) {}

  // Opens a session of `user` as he is now and returns its token.
  // Errors: kUnavailable if there is no randomness.
  Result<std::string> Open(const User& user, std::optional<std::string> database);

  // Opens a session as MaintenanceSession makes it. Errors: as Open.
  Result<std::string> OpenMaintenance(std::string database);

  // Looks a token up. If it is valid, that is a use of it.
  TokenLookup Find(std::string_view token);

  // Ends the session of `token`, and no other. Returns false if there is none.
  bool Close(std::string_view token);

 private:
  using Digests = std::list<Digest>;
  // The sessions of one user, by their tokens.
  struct OfUser {
    Digests by_age;   // Not past their lifetime; the oldest in front.
    Digests by_use;   // The same; the one used longest ago in front.
    Digests expired;  // Past it; the oldest in front.
  };
  struct Entry {
    std::string user;
    std::uint64_t user_version = 0;
    std::optional<std::string> database;
    std::int64_t expires_ns = 0;
    std::int64_t used_ns = 0;
    OfUser* of_user = nullptr;
    bool is_past_lifetime = false;
    Digests::iterator age = {};  // In by_age, or in expired.
    Digests::iterator use = {};  // In by_use, unless it is past its lifetime.
    bool is_maintenance = false;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };
  using Entries = std::unordered_map<Digest, Entry, DigestHash>;

  Result<std::string> Add(Entry entry) IMMUDB_EXCLUDES(mutex_);
  // Sorts out what is past its lifetime, forgets what was so long ago, and makes room for one more.
  void Trim(OfUser& of_user, std::int64_t now_ns) IMMUDB_REQUIRES(mutex_);
  void Erase(const Digest& digest) IMMUDB_REQUIRES(mutex_);

  const Options options_;
  const UserRegistry& users_;
  const Clock& clock_;
  crypto::RandomSource& random_;  // Thread-safe.

  Mutex mutex_;
  Entries entries_ IMMUDB_GUARDED_BY(mutex_);
  std::map<std::string, OfUser, std::less<>> by_user_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::auth
