#include "api/methods.h"

#include <admin.pb.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <array>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include "api/context.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "api/handlers_admin.h"
#include "api/request_fault.h"
#include "base/wipe.h"

namespace immudb::api {
namespace {

constexpr std::size_t kRequestBytesMax = std::numeric_limits<int>::max();  // Of generated code.

using google::protobuf::Descriptor;
using google::protobuf::Empty;
using rpc::MethodKind;
using rpc::RpcStatus;
using rpc::StatusCode;

// Refuses a request that is not of the form it should be, as 0.8.1 does: a stream has begun by
// then.
void RefuseMalformed(const MethodRow& row, const Context& context, const std::string& fault) {
  if (row.kind == MethodKind::kServerStream) {
    return context.Refuse(
        {StatusCode::kInternal, "grpc: failed to unmarshal the received message " + fault});
  }
  context.call->Refuse({StatusCode::kInternal, "grpc: error unmarshalling request: " + fault});
}

// Returns the right on a database that a call needs, or nothing if it works on none.
std::optional<auth::Access> AccessFor(Need need) {
  switch (need) {
    case Need::kNothing:
    case Need::kOwnChecks: return std::nullopt;
    case Need::kRead: return auth::Access::kRead;
    case Need::kWrite: return auth::Access::kWrite;
    case Need::kAdmin: return auth::Access::kAdmin;
    case Need::kSystem: return auth::Access::kSystem;
  }
  return auth::Access::kSystem;
}

// Opens the database of a call, then begins the call anew. The handle that is held meanwhile keeps
// the database open.
void OpenAndRunAgain(const MethodRow& row, const Context& context) {
  context.OnReadPool([context, &row] {
    const Result<catalog::LedgerHandle> opened =
        context.environment->catalog.OpenDatabase(*context.session.database);
    if (!opened) return context.Refuse(opened.error());
    row.run(row, *context.environment, context.call);
  });
}

// Lets the call in, or sees to it that it is answered. A fault of the request is told before a want
// of rights, as 0.8.1 does; but a request is only taken apart, which may need memory, for those who
// have them.
bool Enter(const MethodRow& row, Context& context, const Descriptor& type) {
  const std::optional<std::string> fault = FindRequestFault(type, context.call->request());
  if (fault) {
    RefuseMalformed(row, context, *fault);
    return false;
  }
  std::optional<RpcStatus> refusal = CheckPeer(context);
  const std::optional<auth::Access> access = AccessFor(row.need);
  if (!refusal && access) refusal = EnterDatabase(context, *access);
  if (refusal) {
    context.Refuse(*std::move(refusal));
    return false;
  }
  if (!access || context.ledger != nullptr) return true;
  OpenAndRunAgain(row, context);
  return false;
}

template <typename Request>
concept HoldsPassword = std::is_same_v<Request, schema::LoginRequest> ||
    std::is_same_v<Request, schema::CreateUserRequest> ||
    std::is_same_v<Request, schema::ChangePasswordRequest>;

// Memory for a request. Where there may be a password it is wiped: even of one that a handler has
// moved away, a short one stays there.
template <typename Request>
google::protobuf::ArenaOptions RequestMemory() {
  google::protobuf::ArenaOptions options;
  if constexpr (!HoldsPassword<Request>) return options;
  options.block_alloc = [](std::size_t bytes) { return ::operator new(bytes); };
  options.block_dealloc = [](void* block, std::size_t bytes) {
    immudb::Wipe(std::span(static_cast<std::uint8_t*>(block), bytes));
    ::operator delete(block);
  };
  return options;
}

// Requests from this size on are checked and taken apart on the pool for reads: 64 KiB may cost the
// loop a millisecond, and 4 MiB would cost all its clients a tenth of a second.
constexpr std::size_t kLoopRequestBytesMax = 64u << 10;

enum class Where : std::uint8_t {
  kLoop,  // Of the network, unless the request is large.
  kPool,  // For reads.
};

using Step = void (*)(const MethodRow& row, const Context& context);

// Lets the call in and runs `handle` where it should.
void EnterAndHandle(const MethodRow& row, Environment& environment, std::shared_ptr<rpc::Call> call,
                    Where where, const Descriptor& type, Step handle) {
  Context context{.environment = &environment, .call = std::move(call)};
  if (context.call->request().size() > kLoopRequestBytesMax) {
    return context.OnReadPool([&row, context, &type, handle]() mutable {
      if (Enter(row, context, type)) handle(row, context);
    });
  }
  if (!Enter(row, context, type)) return;
  if (where == Where::kLoop) return handle(row, context);
  context.OnReadPool([&row, context, handle] { handle(row, context); });
}

template <typename Request, void (*Handle)(const Context&, Request&)>
void ParseAndHandle(const MethodRow& row, const Context& context) {
  const BytesView bytes = context.call->request();
  google::protobuf::Arena arena(RequestMemory<Request>());
  auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
  // Generated code has limits of its own beyond the format's: of nesting, and of a tag's length.
  if (bytes.size() > kRequestBytesMax ||
      !request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return RefuseMalformed(row, context, "the request cannot be parsed");
  }
  Handle(context, *request);
}

template <Where kWhere, typename Request, void (*Handle)(const Context&, Request&)>
void RunParsed(const MethodRow& row, Environment& environment, std::shared_ptr<rpc::Call> call) {
  EnterAndHandle(row, environment, std::move(call), kWhere, *Request::descriptor(),
                 &ParseAndHandle<Request, Handle>);
}

// Requests whose bytes the handler reads itself. `Message` names their type on the wire.
template <typename Message, void (*Handle)(const Context&)>
void RunRaw(const MethodRow& row, Environment& environment, std::shared_ptr<rpc::Call> call) {
  EnterAndHandle(row, environment, std::move(call), Where::kPool, *Message::descriptor(),
                 [](const MethodRow& /*row*/, const Context& context) { Handle(context); });
}

template <Result<StructuredRequest> (*Parse)(BytesView),
          void (*Handle)(const Context&, StructuredRequest&)>
void ParseStructuredAndHandle(const MethodRow& row, const Context& context) {
  Result<StructuredRequest> request = Parse(context.call->request());
  if (!request) return RefuseMalformed(row, context, request.error().message);
  Handle(context, *request);
}

// Requests with structured values, whose bytes matter. `Message` names the type on the wire.
template <typename Message, Result<StructuredRequest> (*Parse)(BytesView),
          void (*Handle)(const Context&, StructuredRequest&)>
void RunStructured(const MethodRow& row, Environment& environment,
                   std::shared_ptr<rpc::Call> call) {
  EnterAndHandle(row, environment, std::move(call), Where::kLoop, *Message::descriptor(),
                 &ParseStructuredAndHandle<Parse, Handle>);
}

// Rows whose handlers run on the loop of the network, and must not wait.
template <typename Request, void (*Handle)(const Context&, Request&)>
constexpr MethodRow Unary(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunParsed<Where::kLoop, Request, Handle>};
}

// Rows whose handlers run on the pool for reads.
template <typename Request, void (*Handle)(const Context&, Request&)>
constexpr MethodRow Read(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunParsed<Where::kPool, Request, Handle>};
}

template <typename Message, void (*Handle)(const Context&)>
constexpr MethodRow ReadRaw(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunRaw<Message, Handle>};
}

template <typename Request, void (*Handle)(const Context&, Request&)>
constexpr MethodRow Stream(std::string_view name, Need need) {
  return {name, need, MethodKind::kServerStream, &RunParsed<Where::kPool, Request, Handle>};
}

template <typename Message, Result<StructuredRequest> (*Parse)(BytesView),
          void (*Handle)(const Context&, StructuredRequest&)>
constexpr MethodRow Structured(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunStructured<Message, Parse, Handle>};
}

// Rights as in 0.8.1, GetBatch for writers only included, but for GetReference, which it forgot to
// give to anybody; of the structured calls as those of their plain ones.
constexpr std::array kTable = {
    Unary<Empty, Health>("Health", Need::kNothing),
    Unary<schema::LoginRequest, Login>("Login", Need::kNothing),
    Unary<Empty, Logout>("Logout", Need::kOwnChecks),
    Unary<schema::Database, UseDatabase>("UseDatabase", Need::kOwnChecks),

    Unary<Empty, ListUsers>("ListUsers", Need::kOwnChecks),
    Unary<schema::CreateUserRequest, CreateUser>("CreateUser", Need::kOwnChecks),
    Unary<schema::ChangePasswordRequest, ChangePassword>("ChangePassword", Need::kOwnChecks),
    Unary<schema::ChangePermissionRequest, ChangePermission>("ChangePermission", Need::kOwnChecks),
    Unary<schema::SetActiveUserRequest, SetActiveUser>("SetActiveUser", Need::kOwnChecks),
    Unary<schema::Database, CreateDatabase>("CreateDatabase", Need::kOwnChecks),
    Unary<Empty, DatabaseList>("DatabaseList", Need::kOwnChecks),
    Unary<schema::AuthConfig, UpdateAuthConfig>("UpdateAuthConfig", Need::kSystem),
    Unary<schema::MTLSConfig, UpdateMTLSConfig>("UpdateMTLSConfig", Need::kSystem),

    Unary<schema::KeyValue, Set>("Set", Need::kWrite),
    Unary<schema::SafeSetOptions, SafeSet>("SafeSet", Need::kWrite),
    Unary<schema::KVList, SetBatch>("SetBatch", Need::kWrite),
    Read<schema::Key, Get>("Get", Need::kRead),
    Read<schema::SafeGetOptions, SafeGet>("SafeGet", Need::kRead),
    ReadRaw<schema::KeyList, GetBatch>("GetBatch", Need::kWrite),
    Read<schema::Index, ByIndex>("ByIndex", Need::kRead),
    Read<schema::SafeIndexOptions, BySafeIndex>("BySafeIndex", Need::kRead),

    Read<schema::ReferenceOptions, Reference>("Reference", Need::kWrite),
    Read<schema::SafeReferenceOptions, SafeReference>("SafeReference", Need::kWrite),
    Read<schema::Key, GetReference>("GetReference", Need::kRead),
    Read<schema::ZAddOptions, AddToSet>("ZAdd", Need::kWrite),
    Read<schema::SafeZAddOptions, SafeAddToSet>("SafeZAdd", Need::kWrite),
    Read<schema::Ops, ExecuteAll>("ExecAllOps", Need::kWrite),

    Read<schema::ScanOptions, Scan>("Scan", Need::kRead),
    Read<schema::ZScanOptions, ScanSet>("ZScan", Need::kRead),
    Read<schema::IScanOptions, ScanIndexes>("IScan", Need::kRead),
    Read<schema::HistoryOptions, History>("History", Need::kRead),
    Read<schema::KeyPrefix, Count>("Count", Need::kRead),
    Read<Empty, CountAll>("CountAll", Need::kRead),
    Read<Empty, PrintTree>("PrintTree", Need::kSystem),
    Stream<Empty, Dump>("Dump", Need::kAdmin),

    Unary<Empty, CurrentRoot>("CurrentRoot", Need::kRead),
    Read<schema::Index, Inclusion>("Inclusion", Need::kRead),
    Read<schema::Index, Consistency>("Consistency", Need::kRead),

    Structured<schema::StructuredKeyValue, ParseStructuredKeyValue, SetStructured>("SetSV",
                                                                                   Need::kWrite),
    Structured<schema::SafeSetSVOptions, ParseSafeSetStructured, SafeSetStructured>("SafeSetSV",
                                                                                    Need::kWrite),
    Structured<schema::SKVList, ParseStructuredList, SetBatchStructured>("SetBatchSV",
                                                                         Need::kWrite),
    Read<schema::Key, GetStructured>("GetSV", Need::kRead),
    Read<schema::SafeGetOptions, SafeGetStructured>("SafeGetSV", Need::kRead),
    ReadRaw<schema::KeyList, GetBatchStructured>("GetBatchSV", Need::kWrite),
    Read<schema::ScanOptions, ScanStructured>("ScanSV", Need::kRead),
    Read<schema::Index, ByIndexStructured>("ByIndexSV", Need::kRead),
    Read<schema::Key, HistoryStructured>("HistorySV", Need::kRead),
    Read<schema::ZScanOptions, ScanSetStructured>("ZScanSV", Need::kRead),
    Read<schema::IScanOptions, ScanIndexesStructured>("IScanSV", Need::kRead),
};

// Each asks for the superadmin itself, and may wait for a disk.
constexpr std::array kAdminTable = {
    Read<Empty, Databases>("Databases", Need::kOwnChecks),
    Read<admin::v1::AuditRange, ReadAuditTrail>("AuditTrail", Need::kOwnChecks),
    Stream<admin::v1::SnapshotRequest, TakeSnapshot>("Snapshot", Need::kOwnChecks),
};

}  // namespace

std::span<const MethodRow> MethodTable() {
  return kTable;
}

std::span<const MethodRow> AdminTable() {
  return kAdminTable;
}

}  // namespace immudb::api
