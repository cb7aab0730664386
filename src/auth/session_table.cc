#include "auth/session_table.h"

#include <array>
#include <utility>

#include "base/encoding.h"
#include "base/error.h"
#include "base/hex.h"
#include "crypto/constant_time.h"
#include "crypto/sha256.h"

namespace immudb::auth {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kTokenBytes = 32;

Digest HashToken(std::string_view token) {
  return crypto::Sha256(AsBytes(token));
}

}  // namespace

std::size_t SessionTable::DigestHash::operator()(const Digest& digest) const {
  return GetU64(digest.data());  // Already as good as random.
}

Result<std::string> SessionTable::Open(const User& user, std::optional<std::string> database) {
  std::array<std::uint8_t, kTokenBytes> secret{};
  IMMUDB_TRY(random_.Fill(secret));
  std::string token = ToHex(secret);
  crypto::Wipe(secret);
  const Digest digest = HashToken(token);
  const std::int64_t now_ns = clock_.MonotonicNs();

  const MutexLock lock(mutex_);
  std::deque<Digest>& of_user = by_user_[user.name];
  Trim(of_user, now_ns);
  of_user.push_back(digest);
  entries_.insert_or_assign(digest, Entry{.user = user.name,
                                          .user_version = user.version,
                                          .database = std::move(database),
                                          .expires_ns = now_ns + options_.lifetime_ms * kNsPerMs});
  return token;
}

TokenLookup SessionTable::Find(std::string_view token) const {
  const Digest digest = HashToken(token);
  Entry entry;
  {
    const MutexLock lock(mutex_);
    const auto found = entries_.find(digest);
    if (found == entries_.end()) return {};
    entry = found->second;
  }
  std::shared_ptr<const User> user = users_.Find(entry.user);
  if (user == nullptr || user->version != entry.user_version || !user->active) return {};
  if (clock_.MonotonicNs() > entry.expires_ns) return {.state = TokenState::kExpired};
  return {.state = TokenState::kValid,
          .session = {.user = std::move(user), .database = std::move(entry.database)}};
}

bool SessionTable::Close(std::string_view token) {
  const Digest digest = HashToken(token);
  const MutexLock lock(mutex_);
  return entries_.erase(digest) > 0;
}

void SessionTable::Trim(std::deque<Digest>& of_user, std::int64_t now_ns) {
  while (!of_user.empty()) {
    const auto found = entries_.find(of_user.front());
    const bool is_dead = found == entries_.end() ||
                         now_ns - found->second.expires_ns > options_.remembered_ms * kNsPerMs;
    if (!is_dead && of_user.size() < options_.sessions_per_user_max) return;
    if (found != entries_.end()) entries_.erase(found);
    of_user.pop_front();
  }
}

}  // namespace immudb::auth
