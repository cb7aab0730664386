#include "net/admission.h"

#include <algorithm>
#include <iterator>

#include "base/check.h"

namespace immudb::net {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// More addresses than this are only remembered while they have connections; about 3 MB.
constexpr std::size_t kAddressesMax = 16'384;
// How long an abusive address must behave to be forgotten.
constexpr std::int64_t kForgetNs = 300 * kNsPerSecond;

}  // namespace

bool Admission::Admit(const std::string& key, Locality locality) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  if (connections_ >= limits_.connections_max) return false;
  const auto address = FindOrAdd(key, locality, now_ns);
  Refill(*address, now_ns);
  const std::size_t connections_max = locality == Locality::kLocal
                                          ? limits_.connections_per_local_address
                                          : limits_.connections_per_address;
  if (now_ns < address->blocked_until_ns || address->connections >= connections_max ||
      address->tokens < 1) {
    return false;
  }
  busy_.splice(busy_.end(), ListOf(*address), address);
  address->tokens -= 1;
  ++address->connections;
  ++connections_;
  return true;
}

void Admission::Release(const std::string& key) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  const auto address = by_key_.at(key);
  IMMUDB_CHECK(address->connections > 0);
  if (--address->connections == 0) {
    Addresses& list = ListOf(*address);
    list.splice(list.end(), busy_, address);
  }
  if (--connections_ == 0) emptied_.NotifyAll();
  ForgetForgiven(now_ns);
}

void Admission::Punish(const std::string& key) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  Address& address = *by_key_.at(key);
  IMMUDB_CHECK(address.connections > 0);
  const std::int64_t longest =
      address.locality == Locality::kLocal ? limits_.local_penalty_ms_max : limits_.penalty_ms_max;
  address.penalty_ms = std::min(std::max(address.penalty_ms * 2, limits_.penalty_ms), longest);
  address.blocked_until_ns = now_ns + address.penalty_ms * kNsPerMs;
}

std::size_t Admission::connections() const {
  const MutexLock lock(mutex_);
  return connections_;
}

void Admission::AwaitNoConnections(std::chrono::nanoseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  const MutexLock lock(mutex_);
  while (connections_ > 0) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left <= left.zero() || !emptied_.WaitFor(mutex_, left)) return;
  }
}

double Admission::Rate(const Address& address) const {
  return address.locality == Locality::kLocal ? limits_.local_connects_per_second
                                              : limits_.connects_per_second;
}

double Admission::Burst(const Address& address) const {
  return address.locality == Locality::kLocal ? limits_.local_connect_burst : limits_.connect_burst;
}

void Admission::Refill(Address& address, std::int64_t now_ns) const {
  const double seconds =
      static_cast<double>(now_ns - address.refilled_ns) / static_cast<double>(kNsPerSecond);
  address.tokens = std::min(Burst(address), address.tokens + seconds * Rate(address));
  address.refilled_ns = now_ns;
}

Admission::Addresses::iterator Admission::FindOrAdd(const std::string& key, Locality locality,
                                                    std::int64_t now_ns) {
  const auto found = by_key_.find(key);
  if (found != by_key_.end()) return found->second;
  ForgetForgiven(now_ns);
  if (by_key_.size() >= kAddressesMax) MakeRoom();
  idle_.push_back({.key = key, .locality = locality, .refilled_ns = now_ns});
  const auto address = std::prev(idle_.end());
  address->tokens = Burst(*address);
  by_key_.emplace(address->key, address);
  return address;
}

Admission::Addresses& Admission::ListOf(const Address& address) {
  if (address.connections > 0) return busy_;
  return address.penalty_ms > 0 ? abusive_ : idle_;
}

void Admission::Forget(Addresses& list, Addresses::iterator address) {
  by_key_.erase(address->key);
  list.erase(address);
}

// The longest without a connection are the first to be forgiven, or nearly so.
void Admission::ForgetForgiven(std::int64_t now_ns) {
  while (!idle_.empty()) {
    Refill(idle_.front(), now_ns);
    if (idle_.front().tokens < Burst(idle_.front())) break;
    Forget(idle_, idle_.begin());
  }
  while (!abusive_.empty() && now_ns - abusive_.front().blocked_until_ns > kForgetNs) {
    Forget(abusive_, abusive_.begin());
  }
}

void Admission::MakeRoom() {
  Addresses& list = idle_.empty() ? abusive_ : idle_;
  if (!list.empty()) Forget(list, list.begin());
}

}  // namespace immudb::net
