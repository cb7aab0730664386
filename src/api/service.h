// The service that clients of immudb 0.8.1 call, behind any transport.

#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "api/environment.h"
#include "api/health_service.h"
#include "auth/authenticator.h"
#include "auth/password_hasher.h"
#include "auth/session_table.h"
#include "auth/user_registry.h"
#include "base/bounded_executor.h"
#include "base/byte_ledger.h"
#include "base/clock.h"
#include "base/executor.h"
#include "catalog/catalog.h"
#include "rpc/call.h"

namespace immudb::api {

struct MethodRow;

// What the service works on: it must outlive the service, which owns the executors only.
struct ServiceParts {
  catalog::Catalog& catalog;
  auth::UserRegistry& users;
  auth::Authenticator& authenticator;
  auth::SessionTable& sessions;
  const auth::PasswordHasher& hasher;
  const Clock& clock;
  std::unique_ptr<Executor> reads;    // For what may touch the disk: two threads will do.
  std::unique_ptr<Executor> hashing;  // For passwords: one thread for two processors.
  // For what is long whatever else there is to do, so of low priority. Null: `reads`.
  std::unique_ptr<Executor> long_reads = nullptr;
  RootSigner* signer = nullptr;  // Null: roots are not signed.
};

// Life: the transport stops giving calls; Stop; the catalog is closed, which answers the writes
// still under way; then the service may be destroyed.
//
// Thread-safe.
class Service : public rpc::Dispatcher {
 public:
  Service(ServiceParts parts, ServiceOptions options);
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // A call that Find knows; its row is its place among those of Methods().
  struct ServedMethod {
    std::string_view service;
    std::string_view name;
    rpc::MethodKind kind = rpc::MethodKind::kUnary;
  };
  // Those of MethodTable(), then Check of grpc.health.v1.Health, then those of AdminTable(), then
  // Watch of grpc.health.v1.Health.
  static const std::vector<ServedMethod>& Methods();

  std::variant<Method, rpc::RpcStatus> Find(std::string_view path) const override;
  // Who is not logged in may send small requests only, and compressed ones only where he needs no
  // token.
  Admission Admit(Method method, const rpc::Metadata& metadata,
                  const rpc::Peer& peer) const override;
  const rpc::Metadata& initial_metadata() const override { return initial_metadata_; }
  void Start(Method method, std::unique_ptr<rpc::Call> call) override;

  // Ends the streams that would stay open for as long as the server runs. Idempotent.
  void EndWatches() { health_.End(); }

  // Finishes what waits for the executors and ends them. Calls that need them later are refused.
  // Idempotent.
  void Stop();

 private:
  // The row of the two tables with that number; null for those of the health service.
  static const MethodRow* RowOf(Method method);
  HealthStatus LookAtHealth() const;
  // Keeps watchers informed, now and again.
  void RefreshHealth();
  // Writes due sums to the audit trail, now and again.
  void KeepHouse();

  const ServiceOptions options_;
  const rpc::Metadata initial_metadata_;
  // Rows by service and name.
  std::unordered_map<std::string_view, std::unordered_map<std::string_view, std::uint32_t>> rows_;
  ByteLedger unfinished_replies_;
  BoundedExecutor reads_;                        // Stopped before anything is destroyed.
  BoundedExecutor hashing_;                      // Likewise.
  std::unique_ptr<BoundedExecutor> long_reads_;  // Likewise. Null: reads_.
  std::atomic<bool> auth_is_on_;
  std::atomic<std::uint64_t> calls_begun_ = 0;
  Environment environment_;
  HealthService health_;
};

}  // namespace immudb::api
