// Who may connect: limits on connections in all, per address, and on how often an address may
// connect; and a pause for addresses whose connections were closed for abuse.
//
// What one connection can cost is bounded by http2/limits.h; what remains to an attacker is to
// reconnect, and each time costs a handshake. Addresses of this machine have wider limits, because
// proxies and test programs connect from there. Nobody is refused because too many addresses are
// remembered: those without connections make room, punished ones last.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/mutex.h"

namespace immudb::net {

struct AdmissionLimits {
  std::size_t connections_max = 16'384;
  std::size_t connections_per_address = 256;
  double connects_per_second = 50;
  double connect_burst = 200;
  // For addresses of this machine.
  std::size_t connections_per_local_address = 8'192;
  double local_connects_per_second = 5'000;
  double local_connect_burst = 20'000;
  // The pause doubles with each further abuse, up to the last, and is forgotten with the address.
  std::int64_t penalty_ms = 1'000;
  std::int64_t penalty_ms_max = 60'000;
  std::int64_t local_penalty_ms_max = 1'000;
};

enum class Locality : std::uint8_t { kLocal, kRemote };

// Thread-safe.
class Admission {
 public:
  // `clock` outlives it.
  Admission(const AdmissionLimits& limits, const Clock& clock) : limits_(limits), clock_(clock) {}

  // Counts a new connection from `key` and returns true, or returns false: it must be closed.
  bool Admit(const std::string& key, Locality locality) IMMUDB_EXCLUDES(mutex_);

  // Ends a connection that was admitted.
  void Release(const std::string& key) IMMUDB_EXCLUDES(mutex_);

  // Admits nothing from `key` for a while, because a connection of it was abusive.
  // Requires: that connection has not been released yet.
  void Punish(const std::string& key) IMMUDB_EXCLUDES(mutex_);

  std::size_t connections() const IMMUDB_EXCLUDES(mutex_);

  // Waits, at most `time`, until no admitted connection is left.
  void AwaitNoConnections(std::chrono::nanoseconds time) IMMUDB_EXCLUDES(mutex_);

 private:
  struct Address {
    std::string key;
    Locality locality = Locality::kRemote;
    std::size_t connections = 0;
    double tokens = 0;
    std::int64_t refilled_ns = 0;
    std::int64_t penalty_ms = 0;
    std::int64_t blocked_until_ns = 0;
  };
  using Addresses = std::list<Address>;

  double Rate(const Address& address) const;
  double Burst(const Address& address) const;
  void Refill(Address& address, std::int64_t now_ns) const;
  Addresses::iterator FindOrAdd(const std::string& key, Locality locality, std::int64_t now_ns)
      IMMUDB_REQUIRES(mutex_);
  // Drops `address` from the list it is in.
  void Forget(Addresses& list, Addresses::iterator address) IMMUDB_REQUIRES(mutex_);
  // Forgets the addresses that would be treated as new ones.
  void ForgetForgiven(std::int64_t now_ns) IMMUDB_REQUIRES(mutex_);
  // Forgets one without connections, if there are any; a punished one only if all are.
  void MakeRoom() IMMUDB_REQUIRES(mutex_);
  Addresses& ListOf(const Address& address) IMMUDB_REQUIRES(mutex_);

  const AdmissionLimits limits_;
  const Clock& clock_;
  mutable Mutex mutex_;
  ConditionVariable emptied_;
  // Every address is in one list. Those without connections: the one that was let go last is last.
  Addresses busy_ IMMUDB_GUARDED_BY(mutex_);
  Addresses idle_ IMMUDB_GUARDED_BY(mutex_);
  Addresses abusive_ IMMUDB_GUARDED_BY(mutex_);  // Punished, without connections.
  std::unordered_map<std::string_view, Addresses::iterator> by_key_ IMMUDB_GUARDED_BY(mutex_);
  std::size_t connections_ IMMUDB_GUARDED_BY(mutex_) = 0;
};

}  // namespace immudb::net
