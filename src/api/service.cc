#include "api/service.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "api/gate.h"
#include "api/methods.h"
#include "api/wire.h"
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
constexpr std::uint64_t kServing = 1;
constexpr std::uint64_t kNotServing = 2;

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
                   .unfinished_replies = unfinished_replies_} {
  for (std::uint32_t row = 0; row < MethodTable().size(); ++row) {
    const bool is_new = rows_.emplace(MethodTable()[row].name, row).second;
    IMMUDB_CHECK(is_new);
  }
  for (std::uint32_t row = 0; row < AdminTable().size(); ++row) {
    const auto number = static_cast<std::uint32_t>(MethodTable().size() + 1 + row);
    const bool is_new = admin_rows_.emplace(AdminTable()[row].name, number).second;
    IMMUDB_CHECK(is_new);
  }
  KeepHouse();
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
  if (service == kHealthService && method == kHealthCheck) {
    return Method{.kind = rpc::MethodKind::kUnary,
                  .row = static_cast<std::uint32_t>(MethodTable().size())};
  }
  if (service != kServiceName && service != kHealthService && service != kAdminServiceName) {
    return RpcStatus{StatusCode::kUnimplemented, Text("unknown service {}", service)};
  }
  const auto& rows = service == kAdminServiceName ? admin_rows_ : rows_;
  const auto row = rows.find(method);
  if (service == kHealthService || row == rows.end()) {
    return RpcStatus{StatusCode::kUnimplemented,
                     Text("unknown method {} for service {}", method, service)};
  }
  Method found{.kind = rpc::MethodKind::kUnary, .row = row->second};
  found.kind = RowOf(found)->kind;
  return found;
}

const MethodRow* Service::RowOf(Method method) {
  IMMUDB_CHECK(method.row < row_count());
  const std::size_t health = MethodTable().size();
  if (method.row == health) return nullptr;
  return method.row < health ? &MethodTable()[method.row] : &AdminTable()[method.row - health - 1];
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

std::size_t Service::row_count() {
  return MethodTable().size() + 1 + AdminTable().size();
}

void Service::Start(Method method, std::unique_ptr<rpc::Call> call) {
  calls_begun_.fetch_add(1, std::memory_order_relaxed);
  const MethodRow* const row = RowOf(method);
  if (row == nullptr) return CheckHealth(*call);
  row->run(*row, environment_, std::move(call));
}

// Source: grpc.health.v1, whose messages hold one field each: the name of a service, the empty one
// being the whole server, and a status.
void Service::CheckHealth(rpc::Call& call) const {
  const BytesView request = call.request();
  WireReader reader(request);
  BytesView name;
  while (!reader.done()) {
    const Result<WireField> field = reader.Next();
    if (!field) {
      return call.Refuse(
          {StatusCode::kInternal, "grpc: error unmarshalling request: " + field.error().message});
    }
    if (field->number == 1 && field->type == WireType::kBytes) name = field->payload;
  }
  const bool is_known = name.empty() || std::ranges::equal(name, AsBytes(kServiceName));
  if (!is_known) return call.Finish({StatusCode::kNotFound, "unknown service"}, {});
  const catalog::LedgerHandle ledger = environment_.catalog.Find(catalog::kDefaultDatabase);
  const bool is_serving = ledger != nullptr && !ledger->statistics().damaged;
  Bytes reply;
  AppendVarintField(reply, 1, is_serving ? kServing : kNotServing);
  call.Finish({}, std::move(reply));
}

void Service::Stop() {
  hashing_.Stop();
  reads_.Stop();
  if (long_reads_ != nullptr) long_reads_->Stop();
}

void Service::KeepHouse() {
  environment_.catalog.audit().WriteFailedLogins(catalog::AuditTrail::Sums::kOfPastMinutes);
  reads_.PostAfter(kHousekeepingInterval, [this] { KeepHouse(); });
}

}  // namespace immudb::api
