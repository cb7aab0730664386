#include "api/methods.h"

#include <google/protobuf/arena.h>
#include <google/protobuf/empty.pb.h>
#include <schema.pb.h>

#include <array>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "api/context.h"
#include "api/gate.h"
#include "api/handlers.h"
#include "api/request_fault.h"

namespace immudb::api {
namespace {

constexpr std::size_t kRequestBytesMax = std::numeric_limits<int>::max();  // Of generated code.

using google::protobuf::Descriptor;
using google::protobuf::Empty;
using rpc::MethodKind;
using rpc::RpcStatus;
using rpc::StatusCode;

RpcStatus Malformed(const std::string& fault) {
  return {StatusCode::kInternal, "grpc: error unmarshalling request: " + fault};
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
    context.call->Refuse(Malformed(*fault));
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

template <typename Request, void (*Handle)(const Context&, Request&)>
void RunUnary(const MethodRow& row, Environment& environment, std::shared_ptr<rpc::Call> call) {
  Context context{.environment = &environment, .call = std::move(call)};
  if (!Enter(row, context, *Request::descriptor())) return;
  const BytesView bytes = context.call->request();
  google::protobuf::Arena arena;
  auto* request = google::protobuf::Arena::CreateMessage<Request>(&arena);
  // Generated code has limits of its own beyond the format's: of nesting, and of a tag's length.
  if (bytes.size() > kRequestBytesMax ||
      !request->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return context.call->Refuse(Malformed("the request cannot be parsed"));
  }
  Handle(context, *request);
}

// Requests with structured values, whose bytes matter. `Message` names the type on the wire.
template <typename Message, Result<StructuredRequest> (*Parse)(BytesView),
          void (*Handle)(const Context&, StructuredRequest&)>
void RunStructured(const MethodRow& row, Environment& environment,
                   std::shared_ptr<rpc::Call> call) {
  Context context{.environment = &environment, .call = std::move(call)};
  if (!Enter(row, context, *Message::descriptor())) return;
  Result<StructuredRequest> request = Parse(context.call->request());
  if (!request) return context.call->Refuse(Malformed(request.error().message));
  Handle(context, *request);
}

template <typename Request, void (*Handle)(const Context&, Request&)>
constexpr MethodRow Unary(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunUnary<Request, Handle>};
}

template <typename Message, Result<StructuredRequest> (*Parse)(BytesView),
          void (*Handle)(const Context&, StructuredRequest&)>
constexpr MethodRow Structured(std::string_view name, Need need) {
  return {name, need, MethodKind::kUnary, &RunStructured<Message, Parse, Handle>};
}

// Rights as in 0.8.1, GetBatch for writers only included; of the structured calls as those of their
// plain ones.
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
    Unary<schema::Key, Get>("Get", Need::kRead),
    Unary<schema::SafeGetOptions, SafeGet>("SafeGet", Need::kRead),
    Unary<schema::KeyList, GetBatch>("GetBatch", Need::kWrite),
    Unary<schema::Index, ByIndex>("ByIndex", Need::kRead),
    Unary<schema::SafeIndexOptions, BySafeIndex>("BySafeIndex", Need::kRead),

    Unary<Empty, CurrentRoot>("CurrentRoot", Need::kRead),
    Unary<schema::Index, Inclusion>("Inclusion", Need::kRead),
    Unary<schema::Index, Consistency>("Consistency", Need::kRead),

    Structured<schema::StructuredKeyValue, ParseStructuredKeyValue, SetStructured>("SetSV",
                                                                                   Need::kWrite),
    Structured<schema::SafeSetSVOptions, ParseSafeSetStructured, SafeSetStructured>("SafeSetSV",
                                                                                    Need::kWrite),
    Structured<schema::SKVList, ParseStructuredList, SetBatchStructured>("SetBatchSV",
                                                                         Need::kWrite),
    Unary<schema::Key, GetStructured>("GetSV", Need::kRead),
    Unary<schema::SafeGetOptions, SafeGetStructured>("SafeGetSV", Need::kRead),
    Unary<schema::KeyList, GetBatchStructured>("GetBatchSV", Need::kWrite),
};

}  // namespace

std::span<const MethodRow> MethodTable() {
  return kTable;
}

}  // namespace immudb::api
