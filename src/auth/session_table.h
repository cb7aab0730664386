// Who is logged in: tokens, and what they stand for.
//
// A token is 256 random bits in hexadecimal, opaque to clients. The table keeps only SHA-256 of
// each, so what leaks from memory opens nothing, and looking up by a hash tells nothing by its
// duration. A token is bound to its user as he was then: a change of his password, rights or
// activity ends it. Each lives for an hour; there is no renewal but a new one.

#pragma once

#include <cstdint>
#include <deque>
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
};

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
    // An expired token is told from an unknown one for so long.
    std::int64_t remembered_ms = 24 * std::int64_t{3'600'000};
    // A user who opens more ends his own oldest.
    std::size_t sessions_per_user_max = 4096;
  };

  SessionTable(const UserRegistry& users, crypto::RandomSource& random, const Clock& clock,
               Options options)
      : options_(options), users_(users), clock_(clock), random_(random) {}

  // Opens a session of `user` as he is now and returns its token.
  // Errors: kUnavailable if there is no randomness.
  Result<std::string> Open(const User& user, std::optional<std::string> database);

  TokenLookup Find(std::string_view token) const;

  // Ends the session of `token`, and no other. Returns false if there is none.
  bool Close(std::string_view token);

 private:
  struct Entry {
    std::string user;
    std::uint64_t user_version = 0;
    std::optional<std::string> database;
    std::int64_t expires_ns = 0;
  };
  struct DigestHash {
    std::size_t operator()(const Digest& digest) const;
  };

  // Drops what expired long ago, and the oldest of a user who has too many.
  void Trim(std::deque<Digest>& of_user, std::int64_t now_ns) IMMUDB_REQUIRES(mutex_);

  const Options options_;
  const UserRegistry& users_;
  const Clock& clock_;
  crypto::RandomSource& random_;  // Thread-safe.

  mutable Mutex mutex_;
  std::unordered_map<Digest, Entry, DigestHash> entries_ IMMUDB_GUARDED_BY(mutex_);
  // Tokens of each user in the order of opening, which is that of expiry; closed ones linger.
  std::map<std::string, std::deque<Digest>, std::less<>> by_user_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::auth
