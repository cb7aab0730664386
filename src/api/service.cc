#include "api/service.h"

#include <chrono>
#include <string>
#include <utility>

#include "api/gate.h"
#include "api/methods.h"
#include "base/check.h"
#include "base/error.h"
#include "catalog/names.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;

// How often due sums are looked for. They are of whole minutes.
constexpr std::chrono::seconds kHousekeepingInterval{10};

constexpr std::string_view kHealthService = "grpc.health.v1.Health";
constexpr std::string_view kHealthCheck = "Check";
constexpr std::string_view kHealthWatch = "Watch";
// How long a change may take to reach those who watch.
constexpr std::chrono::seconds kHealthInterval{1};
constexpr std::size_t kHealthWatchersMax = 1024;

// As the original quotes a path in its refusal.
std::string Quoted(std::string_view path) {
  std::string out = "\"";
  for (const char character : path) {
    const auto byte = static_cast<std::uint8_t>(character);
    if (character == '"' || character == '\\') {
      out += {'\\', character};
    } else if (byte < 0x20 || byte >= 0x7f) {
      out += Text("\\x{:02x}", byte);
    } else {
      out += character;
    }
  }
  return out + '"';
}

}  // namespace

Service::Service(ServiceParts parts, ServiceOptions options)
    : options_(std::move(options)),
      initial_metadata_({{"immudb-uuid", parts.catalog.server_id()}}),
      unfinished_replies_(options_.unfinished_reply_bytes_max),
      reads_(std::move(parts.reads), options_.reads_waiting_max),
      hashing_(std::move(parts.hashing), options_.hashes_waiting_max),
      long_reads_(parts.long_reads == nullptr
                      ? nullptr
                      : std::make_unique<BoundedExecutor>(std::move(parts.long_reads),
                                                          options_.reads_waiting_max)),
      auth_is_on_(options_.auth),
      environment_{.options = options_,
                   .catalog = parts.catalog,
                   .users = parts.users,
                   .authenticator = parts.authenticator,
                   .sessions = parts.sessions,
                   .hasher = parts.hasher,
                   .clock = parts.clock,
                   .auth_is_on = auth_is_on_,
                   .calls_begun = calls_begun_,
                   .signer = parts.signer,
                   .reads = reads_,
                   .long_reads = long_reads_ == nullptr ? reads_ : *long_reads_,
                   .hashing = hashing_,
                   .unfinished_replies = unfinished_replies_},
      health_([this] { return LookAtHealth(); }, kHealthWatchersMax) {
  for (std::uint32_t row = 0; row < Methods().size(); ++row) {
    const bool is_new = rows_[Methods()[row].service].emplace(Methods()[row].name, row).second;
    IMMUDB_CHECK(is_new);
  }
  KeepHouse();
  RefreshHealth();
}

Service::~Service() {
  Stop();
}

// Source: grpc-go 1.29, whose refusals the clients of 0.8.1 see.
std::variant<rpc::Dispatcher::Method, RpcStatus> Service::Find(std::string_view path) const {
  std::string_view name = path;
  if (name.starts_with('/')) name.remove_prefix(1);
  const std::size_t slash = name.rfind('/');
  if (slash == std::string_view::npos) {
    return RpcStatus{StatusCode::kResourceExhausted, "malformed method name: " + Quoted(path)};
  }
  const std::string_view service = name.substr(0, slash);
  const std::string_view method = name.substr(slash + 1);
  const auto rows = rows_.find(service);
  if (rows == rows_.end()) {
    return RpcStatus{StatusCode::kUnimplemented, Text("unknown service {}", service)};
  }
  const auto row = rows->second.find(method);
  if (row == rows->second.end()) {
    return RpcStatus{StatusCode::kUnimplemented,
                     Text("unknown method {} for service {}", method, service)};
  }
  return Method{.kind = Methods()[row->second].kind, .row = row->second};
}

const std::vector<Service::ServedMethod>& Service::Methods() {
  static const std::vector<ServedMethod> methods = [] {
    std::vector<ServedMethod> all;
    for (const MethodRow& row : MethodTable()) all.push_back({kServiceName, row.name, row.kind});
    all.push_back({kHealthService, kHealthCheck, rpc::MethodKind::kUnary});
    for (const MethodRow& row : AdminTable()) {
      all.push_back({kAdminServiceName, row.name, row.kind});
    }
    all.push_back({kHealthService, kHealthWatch, rpc::MethodKind::kServerStream});
    return all;
  }();
  return methods;
}

const MethodRow* Service::RowOf(Method method) {
  IMMUDB_CHECK(method.row < Methods().size());
  const ServedMethod& served = Methods()[method.row];
  if (served.service == kHealthService) return nullptr;
  const std::size_t check = MethodTable().size();
  return method.row < check ? &MethodTable()[method.row] : &AdminTable()[method.row - check - 1];
}

rpc::Dispatcher::Admission Service::Admit(Method method, const rpc::Metadata& metadata,
                                          const rpc::Peer& peer) const {
  if (!environment_.auth_is_on && (peer.is_loopback || options_.dev_mode)) return {};
  const auth::TokenState state = FindSession(environment_, metadata).state;
  if (state == auth::TokenState::kValid) return {};
  const MethodRow* const row = RowOf(method);
  if (row == nullptr || row->need == Need::kNothing) {
    return {.bytes_max = kSmallRequestBytes,
            .refusal = {StatusCode::kResourceExhausted,
                        Text("the request is larger than {} bytes", kSmallRequestBytes)}};
  }
  return {.bytes_max = 0,
          .refusal = state == auth::TokenState::kExpired
                         ? TokenExpired(StatusCode::kPermissionDenied)
                         : NotLoggedIn(environment_)};
}

void Service::Start(Method method, std::unique_ptr<rpc::Call> call) {
  calls_begun_.fetch_add(1, std::memory_order_relaxed);
  const MethodRow* const row = RowOf(method);
  if (row != nullptr) return row->run(*row, environment_, std::move(call));
  if (method.kind == rpc::MethodKind::kUnary) return health_.Check(*call);
  health_.Watch(*call);
}

HealthStatus Service::LookAtHealth() const {
  const catalog::LedgerHandle ledger = environment_.catalog.Find(catalog::kDefaultDatabase);
  const bool is_serving = ledger != nullptr && !ledger->statistics().damaged;
  return is_serving ? HealthStatus::kServing : HealthStatus::kNotServing;
}

void Service::RefreshHealth() {
  health_.Refresh();
  reads_.PostAfter(kHealthInterval, [this] { RefreshHealth(); });
}

void Service::Stop() {
  EndWatches();
  hashing_.Stop();
  reads_.Stop();
  if (long_reads_ != nullptr) long_reads_->Stop();
}

void Service::KeepHouse() {
  environment_.catalog.audit().WriteFailedLogins(catalog::AuditTrail::Sums::kOfPastMinutes);
  reads_.PostAfter(kHousekeepingInterval, [this] { KeepHouse(); });
}

}  // namespace immudb::api
