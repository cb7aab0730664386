#include "auth/session_table.h"

#include <array>
#include <iterator>
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

Session MaintenanceSession(std::string database) {
  static const auto nobody = std::make_shared<const User>();
  return {.user = nobody, .database = std::move(database), .is_maintenance = true};
}

Result<std::string> SessionTable::Open(const User& user, std::optional<std::string> database) {
  return Add({.user = user.name, .user_version = user.version, .database = std::move(database)});
}

Result<std::string> SessionTable::OpenMaintenance(std::string database) {
  return Add({.user = "", .database = std::move(database), .is_maintenance = true});
}

Result<std::string> SessionTable::Add(Entry entry) {
  std::array<std::uint8_t, kTokenBytes> secret{};
  IMMUDB_TRY(random_.Fill(secret));
  std::string token = ToHex(secret);
  crypto::Wipe(secret);
  const Digest digest = HashToken(token);
  const std::int64_t now_ns = clock_.MonotonicNs();
  entry.expires_ns = now_ns + options_.lifetime_ms * kNsPerMs;
  entry.used_ns = now_ns;

  const MutexLock lock(mutex_);
  OfUser& of_user = by_user_[entry.user];
  Trim(of_user, now_ns);
  of_user.by_age.push_back(digest);
  of_user.by_use.push_back(digest);
  entry.of_user = &of_user;
  entry.age = std::prev(of_user.by_age.end());
  entry.use = std::prev(of_user.by_use.end());
  entries_.insert_or_assign(digest, std::move(entry));
  return token;
}

TokenLookup SessionTable::Find(std::string_view token) {
  const Digest digest = HashToken(token);
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return {};
  Entry& entry = found->second;
  std::shared_ptr<const User> user = users_.Find(entry.user);
  const bool is_over = user == nullptr || user->version != entry.user_version || !user->active;
  if (is_over && !entry.is_maintenance) return {};
  if (now_ns > entry.expires_ns || now_ns - entry.used_ns > options_.idle_ms * kNsPerMs) {
    return {.state = TokenState::kExpired};
  }
  entry.used_ns = now_ns;
  Digests& by_use = entry.of_user->by_use;
  by_use.splice(by_use.end(), by_use, entry.use);
  if (entry.is_maintenance) {
    return {.state = TokenState::kValid, .session = MaintenanceSession(*entry.database)};
  }
  return {.state = TokenState::kValid,
          .session = {.user = std::move(user), .database = entry.database}};
}

bool SessionTable::Close(std::string_view token) {
  const Digest digest = HashToken(token);
  const MutexLock lock(mutex_);
  if (!entries_.contains(digest)) return false;
  Erase(digest);
  return true;
}

void SessionTable::Erase(const Digest& digest) {
  const auto found = entries_.find(digest);
  const Entry& entry = found->second;
  OfUser& of_user = *entry.of_user;
  if (entry.is_past_lifetime) {
    of_user.expired.erase(entry.age);
  } else {
    of_user.by_age.erase(entry.age);
    of_user.by_use.erase(entry.use);
  }
  entries_.erase(found);
}

void SessionTable::Trim(OfUser& of_user, std::int64_t now_ns) {
  while (!of_user.by_age.empty()) {
    Entry& oldest = entries_.at(of_user.by_age.front());
    if (now_ns <= oldest.expires_ns) break;
    oldest.is_past_lifetime = true;
    of_user.by_use.erase(oldest.use);
    of_user.expired.splice(of_user.expired.end(), of_user.by_age, oldest.age);
  }
  while (!of_user.expired.empty()) {
    const Entry& oldest = entries_.at(of_user.expired.front());
    if (of_user.expired.size() <= options_.sessions_per_user_max &&
        now_ns - oldest.expires_ns <= options_.remembered_ms * kNsPerMs) {
      break;
    }
    Erase(Digest(of_user.expired.front()));
  }
  if (of_user.by_use.size() >= options_.sessions_per_user_max) {
    Erase(Digest(of_user.by_use.front()));
  }
}

}  // namespace immudb::auth
