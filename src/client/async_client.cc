#include "immudb/async_client.h"

#include <utility>

#include "base/error.h"
#include "client/core.h"
#include "client/safe_calls.h"
#include "proof/stored_encoding.h"

namespace immudb {
namespace {

using client::Effect;
using client::RpcReply;

Bytes Copy(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

// What is stored for a value that the user gives.
Bytes Stored(const client::Core& core, BytesView value, ValueForm form) {
  if (form == ValueForm::kRaw) return Copy(value);
  return client::EncodeContent(core.NowUnixSeconds(), value);
}

Status Nothing(const RpcReply& /*reply*/) {
  return {};
}

Result<LeafIndex> ToIndex(const RpcReply& reply) {
  return client::DecodeIndex(reply.body);
}

Result<std::uint64_t> ToCount(const RpcReply& reply) {
  return client::DecodeCount(reply.body);
}

auto ToItem(ValueForm form) {
  return [form](const RpcReply& reply) { return client::DecodeItem(reply.body, form); };
}

auto ToItems(ValueForm form) {
  return [form](const RpcReply& reply) { return client::DecodeItems(reply.body, form); };
}

}  // namespace

AsyncClient::AsyncClient(std::unique_ptr<client::Core> core) : core_(std::move(core)) {}
AsyncClient::~AsyncClient() = default;

std::unique_ptr<AsyncClient> AsyncClient::CreateWith(const ClientOptions& options,
                                                     client::Environment environment) {
  auto core = std::make_unique<client::Core>(options, std::move(environment));
  return std::unique_ptr<AsyncClient>(new AsyncClient(std::move(core)));
}

void AsyncClient::Login(std::string user, std::string password, const CallOptions& options,
                        Callback<LoginReply> done) {
  core_->Login(std::move(user), std::move(password), options, std::move(done));
}

void AsyncClient::Logout(const CallOptions& options, Callback<void> done) {
  core_->Logout(options, std::move(done));
}

void AsyncClient::UseDatabase(std::string database, const CallOptions& options,
                              Callback<void> done) {
  core_->UseDatabase(std::move(database), options, std::move(done));
}

void AsyncClient::SetSession(Session session) {
  core_->SetSession(std::move(session));
}

Session AsyncClient::session() const {
  return core_->session();
}

void AsyncClient::Set(BytesView key, BytesView value, const CallOptions& options,
                      Callback<LeafIndex> done) {
  Bytes request = client::EncodeKeyValue(key, Stored(*core_, value, options.form));
  core_->Ask({"Set", std::move(request), Effect::kChanges}, options, std::move(done), ToIndex);
}

void AsyncClient::Get(BytesView key, const CallOptions& options, Callback<Item> done) {
  core_->Ask({"Get", client::EncodeKey(key)}, options, std::move(done), ToItem(options.form));
}

void AsyncClient::SetBatch(std::vector<KeyValue> pairs, const CallOptions& options,
                           Callback<LeafIndex> done) {
  for (KeyValue& pair : pairs) pair.value = Stored(*core_, pair.value, options.form);
  core_->Ask({"SetBatch", client::EncodePairs(pairs), Effect::kChanges}, options, std::move(done),
             ToIndex);
}

void AsyncClient::GetBatch(std::vector<Bytes> keys, const CallOptions& options,
                           Callback<std::vector<Item>> done) {
  core_->Ask({"GetBatch", client::EncodeKeys(keys)}, options, std::move(done),
             ToItems(options.form));
}

void AsyncClient::Execute(std::vector<Operation> operations, const CallOptions& options,
                          Callback<LeafIndex> done) {
  for (Operation& operation : operations) {
    auto* pair = std::get_if<KeyValue>(&operation);
    if (pair != nullptr) pair->value = Stored(*core_, pair->value, options.form);
  }
  core_->Ask({"ExecAllOps", client::EncodeOperations(operations), Effect::kChanges}, options,
             std::move(done), ToIndex);
}

void AsyncClient::ByIndex(LeafIndex index, const CallOptions& options, Callback<Item> done) {
  core_->Ask({"ByIndex", client::EncodeIndex(index)}, options, std::move(done),
             ToItem(options.form));
}

void AsyncClient::History(HistoryRequest request, const CallOptions& options,
                          Callback<std::vector<Item>> done) {
  core_->Ask({"History", client::EncodeHistory(request)}, options, std::move(done),
             ToItems(options.form));
}

void AsyncClient::Scan(ScanRequest request, const CallOptions& options,
                       Callback<std::vector<Item>> done) {
  core_->Ask({"Scan", client::EncodeScan(request)}, options, std::move(done),
             ToItems(options.form));
}

void AsyncClient::ScanByIndex(PageRequest request, const CallOptions& options,
                              Callback<Page> done) {
  core_->Ask({"IScan", client::EncodePage(request)}, options, std::move(done),
             [form = options.form](const RpcReply& reply) {
               return client::DecodePage(reply.body, form);
             });
}

void AsyncClient::Count(BytesView key, const CallOptions& options, Callback<std::uint64_t> done) {
  core_->Ask({"Count", client::EncodeKey(key)}, options, std::move(done), ToCount);
}

void AsyncClient::CountAll(const CallOptions& options, Callback<std::uint64_t> done) {
  core_->Ask({"CountAll", {}}, options, std::move(done), ToCount);
}

void AsyncClient::Reference(ReferenceRequest request, const CallOptions& options,
                            Callback<LeafIndex> done) {
  core_->Ask({"Reference", client::EncodeReference(request), Effect::kChanges}, options,
             std::move(done), ToIndex);
}

void AsyncClient::GetReference(BytesView name, const CallOptions& options, Callback<Item> done) {
  core_->Ask({"GetReference", client::EncodeKey(name)}, options, std::move(done),
             ToItem(options.form));
}

void AsyncClient::ZAdd(SetEntryRequest request, const CallOptions& options,
                       Callback<LeafIndex> done) {
  core_->Ask({"ZAdd", client::EncodeSetEntry(request), Effect::kChanges}, options, std::move(done),
             ToIndex);
}

void AsyncClient::ZScan(SetScanRequest request, const CallOptions& options,
                        Callback<std::vector<SetMember>> done) {
  core_->Ask({"ZScan", client::EncodeSetScan(request)}, options, std::move(done),
             [form = options.form](const RpcReply& reply) {
               return client::DecodeSetMembers(reply.body, form);
             });
}

void AsyncClient::SafeSet(BytesView key, BytesView value, const CallOptions& options,
                          Callback<VerifiedWrite> done) {
  Bytes stored = Stored(*core_, value, options.form);
  client::SafeWrite write{
      .method = "SafeSet",
      .encode = [key = Copy(key),
                 stored](client::Since since) { return client::EncodeSafeSet(key, stored, since); },
      .key = Copy(key),
      .value = std::move(stored)};
  RunSafeWrite(*core_, core_->Begin("SafeSet", options), std::move(write), std::move(done));
}

void AsyncClient::SafeGet(BytesView key, const CallOptions& options, Callback<VerifiedItem> done) {
  RunSafeGet(*core_, core_->Begin("SafeGet", options), Copy(key), options.form, std::move(done));
}

void AsyncClient::SafeByIndex(LeafIndex index, const CallOptions& options,
                              Callback<VerifiedItem> done) {
  RunSafeByIndex(*core_, core_->Begin("SafeByIndex", options), index, options.form,
                 std::move(done));
}

void AsyncClient::SafeReference(ReferenceRequest request, const CallOptions& options,
                                Callback<VerifiedWrite> done) {
  client::SafeWrite write{
      .method = "SafeReference",
      .encode =
          [request](client::Since since) { return client::EncodeSafeReference(request, since); },
      .key = request.name,
      .value = proof::EncodeTarget({request.key, request.index})};
  RunSafeWrite(*core_, core_->Begin("SafeReference", options), std::move(write), std::move(done));
}

void AsyncClient::SafeZAdd(SetEntryRequest request, const CallOptions& options,
                           Callback<VerifiedWrite> done) {
  const proof::TargetView target{request.key, request.index};
  client::SafeWrite write{
      .method = "SafeZAdd",
      .encode =
          [request](client::Since since) { return client::EncodeSafeSetEntry(request, since); },
      .key = proof::EncodeSetKey(request.set, request.score, target),
      .value = proof::EncodeTarget(target)};
  RunSafeWrite(*core_, core_->Begin("SafeZAdd", options), std::move(write), std::move(done));
}

void AsyncClient::SafeCurrentRoot(const CallOptions& options, Callback<SignedHead> done) {
  RunSafeCurrentRoot(*core_, core_->Begin("SafeCurrentRoot", options), std::move(done));
}

void AsyncClient::TrustedHead(const CallOptions& options, Callback<std::optional<TreeHead>> done) {
  const client::CallPtr call = core_->Begin("TrustedHead", options);
  core_->Keeper(call).Newest(call, std::move(done));
}

void AsyncClient::CurrentRoot(const CallOptions& options, Callback<SignedHead> done) {
  core_->Ask({"CurrentRoot", {}}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeRoot(reply.body); });
}

void AsyncClient::Inclusion(LeafIndex index, const CallOptions& options,
                            Callback<InclusionProof> done) {
  core_->Ask({"Inclusion", client::EncodeIndex(index)}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeInclusion(reply.body); });
}

void AsyncClient::Consistency(LeafIndex since, const CallOptions& options,
                              Callback<ConsistencyProof> done) {
  core_->Ask({"Consistency", client::EncodeIndex(since)}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeConsistency(reply.body); });
}

void AsyncClient::CreateDatabase(std::string name, const CallOptions& options,
                                 Callback<void> done) {
  core_->Ask({"CreateDatabase", client::EncodeDatabase(name), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::ListDatabases(const CallOptions& options,
                                Callback<std::vector<std::string>> done) {
  core_->Ask({"DatabaseList", {}}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeDatabases(reply.body); });
}

void AsyncClient::ListUsers(const CallOptions& options, Callback<std::vector<User>> done) {
  core_->Ask({"ListUsers", {}}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeUsers(reply.body); });
}

void AsyncClient::CreateUser(CreateUserRequest request, const CallOptions& options,
                             Callback<void> done) {
  core_->Ask({"CreateUser", client::EncodeCreateUser(request), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::ChangePassword(ChangePasswordRequest request, const CallOptions& options,
                                 Callback<void> done) {
  core_->Ask({"ChangePassword", client::EncodeChangePassword(request), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::ChangePermission(ChangePermissionRequest request, const CallOptions& options,
                                   Callback<void> done) {
  core_->Ask({"ChangePermission", client::EncodeChangePermission(request), Effect::kChanges},
             options, std::move(done), Nothing);
}

void AsyncClient::SetActiveUser(std::string name, UserState state, const CallOptions& options,
                                Callback<void> done) {
  core_->Ask({"SetActiveUser", client::EncodeSetActiveUser(name, state), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::Health(const CallOptions& options, Callback<HealthReport> done) {
  core_->Ask({"Health", {}}, options, std::move(done),
             [](const RpcReply& reply) -> Result<HealthReport> {
               Result<HealthReport> report = client::DecodeHealth(reply.body);
               if (report) report->server_uuid = reply.server_uuid;
               return report;
             });
}

void AsyncClient::UpdateAuthConfig(AuthKind kind, const CallOptions& options, Callback<void> done) {
  core_->Ask({"UpdateAuthConfig", client::EncodeAuthKind(kind), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::UpdateMtlsConfig(MtlsMode mode, const CallOptions& options, Callback<void> done) {
  core_->Ask({"UpdateMTLSConfig", client::EncodeMtls(mode), Effect::kChanges}, options,
             std::move(done), Nothing);
}

void AsyncClient::PrintTree(const CallOptions& options, Callback<std::vector<TreeLayer>> done) {
  core_->Ask({"PrintTree", {}}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeTree(reply.body); });
}

void AsyncClient::Dump(std::function<bool(std::vector<DumpRecord>)> on_records,
                       const CallOptions& options, Callback<void> done) {
  core_->Dump(std::move(on_records), options, std::move(done));
}

void AsyncClient::DatabaseStates(const CallOptions& options,
                                 Callback<std::vector<DatabaseState>> done) {
  core_->Ask({.method = "Databases", .service = client::Service::kAdmin}, options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeDatabaseStates(reply.body); });
}

void AsyncClient::ReadAuditTrail(LeafIndex first, std::uint32_t limit, const CallOptions& options,
                                 Callback<AuditPage> done) {
  core_->Ask({.method = "AuditTrail",
              .request = client::EncodeAuditRange(first, limit),
              .service = client::Service::kAdmin},
             options, std::move(done),
             [](const RpcReply& reply) { return client::DecodeAuditPage(reply.body); });
}

void AsyncClient::TakeSnapshot(const std::string& database, std::function<bool(BytesView)> on_bytes,
                               const CallOptions& options, Callback<void> done) {
  core_->AskStream({.method = "Snapshot",
                    .request = client::EncodeSnapshotRequest(database),
                    .service = client::Service::kAdmin},
                   options, std::move(done),
                   [on_bytes = std::move(on_bytes)](const Bytes& message) -> Status {
                     IMMUDB_ASSIGN(const std::string bytes, client::DecodeSnapshotPiece(message));
                     if (on_bytes(AsBytes(bytes))) return {};
                     return Fail(Code::kUnavailable, "the copy was ended");
                   });
}

}  // namespace immudb
