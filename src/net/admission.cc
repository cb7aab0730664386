#include "net/admission.h"

#include <algorithm>

#include "base/check.h"

namespace immudb::net {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// More addresses than this are never remembered; about 2 MB.
constexpr std::size_t kAddressesMax = 16'384;
// How long an abusive address must behave to be forgotten.
constexpr std::int64_t kForgetNs = 300 * kNsPerSecond;

}  // namespace

bool Admission::Admit(const std::string& key, Locality locality) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  if (connections_ >= limits_.connections_max) return false;
  if (addresses_.size() >= kAddressesMax && !addresses_.contains(key)) {
    ForgetIdle(now_ns);
    if (addresses_.size() >= kAddressesMax) return false;
  }
  const auto [found, is_new] = addresses_.try_emplace(key);
  Address& address = found->second;
  if (is_new) {
    address.locality = locality;
    address.tokens = Burst(address);
    address.refilled_ns = now_ns;
  }
  Refill(address, now_ns);
  const std::size_t connections_max = locality == Locality::kLocal
                                          ? limits_.connections_per_local_address
                                          : limits_.connections_per_address;
  if (now_ns < address.blocked_until_ns || address.connections >= connections_max ||
      address.tokens < 1) {
    return false;
  }
  address.tokens -= 1;
  ++address.connections;
  ++connections_;
  return true;
}

void Admission::Release(const std::string& key) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  Address& address = addresses_.at(key);
  IMMUDB_CHECK(address.connections > 0);
  --address.connections;
  if (--connections_ == 0) emptied_.NotifyAll();
  ForgetIdle(now_ns);
}

void Admission::Punish(const std::string& key) {
  const std::int64_t now_ns = clock_.MonotonicNs();
  const MutexLock lock(mutex_);
  Address& address = addresses_.at(key);
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

void Admission::ForgetIdle(std::int64_t now_ns) {
  if (now_ns - forgot_ns_ < kNsPerSecond) return;
  forgot_ns_ = now_ns;
  std::erase_if(addresses_, [&](const auto& entry) {
    Address address = entry.second;
    Refill(address, now_ns);
    const bool is_forgiven =
        address.penalty_ms == 0 || now_ns - address.blocked_until_ns > kForgetNs;
    return address.connections == 0 && is_forgiven && address.tokens >= Burst(address);
  });
}

}  // namespace immudb::net
