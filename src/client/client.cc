#include "immudb/client.h"

#include <future>
#include <utility>

#include "base/error.h"

namespace immudb {
namespace {

// Starts a call and waits for its callback. Ends, as every call has a deadline.
template <typename T, typename Start>
Result<T> Await(Start start) {
  // Shared with the callback, which may still be returning when the wait is over.
  const auto answer = std::make_shared<std::promise<Result<T>>>();
  std::future<Result<T>> future = answer->get_future();
  start([answer](Result<T> result) { answer->set_value(std::move(result)); });
  return future.get();
}

}  // namespace

Result<std::unique_ptr<Client>> Client::Connect(const ClientOptions& options) {
  IMMUDB_ASSIGN(std::unique_ptr<AsyncClient> async, AsyncClient::Create(options));
  return std::make_unique<Client>(std::move(async));
}

Client::Client(std::unique_ptr<AsyncClient> async) : async_(std::move(async)) {}

Result<LoginReply> Client::Login(std::string user, std::string password,
                                 const CallOptions& options) {
  return Await<LoginReply>([&](Callback<LoginReply> done) {
    async_->Login(std::move(user), std::move(password), options, std::move(done));
  });
}

Status Client::Logout(const CallOptions& options) {
  return Await<void>([&](Callback<void> done) { async_->Logout(options, std::move(done)); });
}

Status Client::UseDatabase(std::string database, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->UseDatabase(std::move(database), options, std::move(done));
  });
}

Result<LeafIndex> Client::Set(BytesView key, BytesView value, const CallOptions& options) {
  return Await<LeafIndex>(
      [&](Callback<LeafIndex> done) { async_->Set(key, value, options, std::move(done)); });
}

Result<Item> Client::Get(BytesView key, const CallOptions& options) {
  return Await<Item>([&](Callback<Item> done) { async_->Get(key, options, std::move(done)); });
}

Result<LeafIndex> Client::SetBatch(std::vector<KeyValue> pairs, const CallOptions& options) {
  return Await<LeafIndex>([&](Callback<LeafIndex> done) {
    async_->SetBatch(std::move(pairs), options, std::move(done));
  });
}

Result<std::vector<Item>> Client::GetBatch(std::vector<Bytes> keys, const CallOptions& options) {
  return Await<std::vector<Item>>([&](Callback<std::vector<Item>> done) {
    async_->GetBatch(std::move(keys), options, std::move(done));
  });
}

Result<LeafIndex> Client::Execute(std::vector<Operation> operations, const CallOptions& options) {
  return Await<LeafIndex>([&](Callback<LeafIndex> done) {
    async_->Execute(std::move(operations), options, std::move(done));
  });
}

Result<Item> Client::ByIndex(LeafIndex index, const CallOptions& options) {
  return Await<Item>(
      [&](Callback<Item> done) { async_->ByIndex(index, options, std::move(done)); });
}

Result<std::vector<Item>> Client::History(HistoryRequest request, const CallOptions& options) {
  return Await<std::vector<Item>>([&](Callback<std::vector<Item>> done) {
    async_->History(std::move(request), options, std::move(done));
  });
}

Result<std::vector<Item>> Client::Scan(ScanRequest request, const CallOptions& options) {
  return Await<std::vector<Item>>([&](Callback<std::vector<Item>> done) {
    async_->Scan(std::move(request), options, std::move(done));
  });
}

Result<Page> Client::ScanByIndex(PageRequest request, const CallOptions& options) {
  return Await<Page>(
      [&](Callback<Page> done) { async_->ScanByIndex(request, options, std::move(done)); });
}

Result<std::uint64_t> Client::Count(BytesView key, const CallOptions& options) {
  return Await<std::uint64_t>(
      [&](Callback<std::uint64_t> done) { async_->Count(key, options, std::move(done)); });
}

Result<std::uint64_t> Client::CountAll(const CallOptions& options) {
  return Await<std::uint64_t>(
      [&](Callback<std::uint64_t> done) { async_->CountAll(options, std::move(done)); });
}

Result<LeafIndex> Client::Reference(ReferenceRequest request, const CallOptions& options) {
  return Await<LeafIndex>([&](Callback<LeafIndex> done) {
    async_->Reference(std::move(request), options, std::move(done));
  });
}

Result<Item> Client::GetReference(BytesView name, const CallOptions& options) {
  return Await<Item>(
      [&](Callback<Item> done) { async_->GetReference(name, options, std::move(done)); });
}

Result<LeafIndex> Client::ZAdd(SetEntryRequest request, const CallOptions& options) {
  return Await<LeafIndex>([&](Callback<LeafIndex> done) {
    async_->ZAdd(std::move(request), options, std::move(done));
  });
}

Result<std::vector<SetMember>> Client::ZScan(SetScanRequest request, const CallOptions& options) {
  return Await<std::vector<SetMember>>([&](Callback<std::vector<SetMember>> done) {
    async_->ZScan(std::move(request), options, std::move(done));
  });
}

Result<VerifiedWrite> Client::SafeSet(BytesView key, BytesView value, const CallOptions& options) {
  return Await<VerifiedWrite>(
      [&](Callback<VerifiedWrite> done) { async_->SafeSet(key, value, options, std::move(done)); });
}

Result<VerifiedItem> Client::SafeGet(BytesView key, const CallOptions& options) {
  return Await<VerifiedItem>(
      [&](Callback<VerifiedItem> done) { async_->SafeGet(key, options, std::move(done)); });
}

Result<VerifiedItem> Client::SafeByIndex(LeafIndex index, const CallOptions& options) {
  return Await<VerifiedItem>(
      [&](Callback<VerifiedItem> done) { async_->SafeByIndex(index, options, std::move(done)); });
}

Result<VerifiedWrite> Client::SafeReference(ReferenceRequest request, const CallOptions& options) {
  return Await<VerifiedWrite>([&](Callback<VerifiedWrite> done) {
    async_->SafeReference(std::move(request), options, std::move(done));
  });
}

Result<VerifiedWrite> Client::SafeZAdd(SetEntryRequest request, const CallOptions& options) {
  return Await<VerifiedWrite>([&](Callback<VerifiedWrite> done) {
    async_->SafeZAdd(std::move(request), options, std::move(done));
  });
}

Result<SignedHead> Client::SafeCurrentRoot(const CallOptions& options) {
  return Await<SignedHead>(
      [&](Callback<SignedHead> done) { async_->SafeCurrentRoot(options, std::move(done)); });
}

Result<std::optional<TreeHead>> Client::TrustedHead(const CallOptions& options) {
  return Await<std::optional<TreeHead>>([&](Callback<std::optional<TreeHead>> done) {
    async_->TrustedHead(options, std::move(done));
  });
}

Result<SignedHead> Client::CurrentRoot(const CallOptions& options) {
  return Await<SignedHead>(
      [&](Callback<SignedHead> done) { async_->CurrentRoot(options, std::move(done)); });
}

Result<InclusionProof> Client::Inclusion(LeafIndex index, const CallOptions& options) {
  return Await<InclusionProof>(
      [&](Callback<InclusionProof> done) { async_->Inclusion(index, options, std::move(done)); });
}

Result<ConsistencyProof> Client::Consistency(LeafIndex since, const CallOptions& options) {
  return Await<ConsistencyProof>([&](Callback<ConsistencyProof> done) {
    async_->Consistency(since, options, std::move(done));
  });
}

Status Client::CreateDatabase(std::string name, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->CreateDatabase(std::move(name), options, std::move(done));
  });
}

Result<std::vector<std::string>> Client::ListDatabases(const CallOptions& options) {
  return Await<std::vector<std::string>>([&](Callback<std::vector<std::string>> done) {
    async_->ListDatabases(options, std::move(done));
  });
}

Result<std::vector<User>> Client::ListUsers(const CallOptions& options) {
  return Await<std::vector<User>>(
      [&](Callback<std::vector<User>> done) { async_->ListUsers(options, std::move(done)); });
}

Status Client::CreateUser(CreateUserRequest request, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->CreateUser(std::move(request), options, std::move(done));
  });
}

Status Client::ChangePassword(ChangePasswordRequest request, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->ChangePassword(std::move(request), options, std::move(done));
  });
}

Status Client::ChangePermission(ChangePermissionRequest request, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->ChangePermission(std::move(request), options, std::move(done));
  });
}

Status Client::SetActiveUser(std::string name, UserState state, const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->SetActiveUser(std::move(name), state, options, std::move(done));
  });
}

Result<HealthReport> Client::Health(const CallOptions& options) {
  return Await<HealthReport>(
      [&](Callback<HealthReport> done) { async_->Health(options, std::move(done)); });
}

Status Client::UpdateAuthConfig(AuthKind kind, const CallOptions& options) {
  return Await<void>(
      [&](Callback<void> done) { async_->UpdateAuthConfig(kind, options, std::move(done)); });
}

Status Client::UpdateMtlsConfig(MtlsMode mode, const CallOptions& options) {
  return Await<void>(
      [&](Callback<void> done) { async_->UpdateMtlsConfig(mode, options, std::move(done)); });
}

Result<std::vector<TreeLayer>> Client::PrintTree(const CallOptions& options) {
  return Await<std::vector<TreeLayer>>(
      [&](Callback<std::vector<TreeLayer>> done) { async_->PrintTree(options, std::move(done)); });
}

Status Client::Dump(std::function<bool(std::vector<DumpRecord>)> on_records,
                    const CallOptions& options) {
  return Await<void>(
      [&](Callback<void> done) { async_->Dump(std::move(on_records), options, std::move(done)); });
}

Result<std::vector<DatabaseState>> Client::DatabaseStates(const CallOptions& options) {
  return Await<std::vector<DatabaseState>>([&](Callback<std::vector<DatabaseState>> done) {
    async_->DatabaseStates(options, std::move(done));
  });
}

Result<AuditPage> Client::ReadAuditTrail(LeafIndex first, std::uint32_t limit,
                                         const CallOptions& options) {
  return Await<AuditPage>([&](Callback<AuditPage> done) {
    async_->ReadAuditTrail(first, limit, options, std::move(done));
  });
}

Status Client::TakeSnapshot(const std::string& database, std::function<bool(BytesView)> on_bytes,
                            const CallOptions& options) {
  return Await<void>([&](Callback<void> done) {
    async_->TakeSnapshot(database, std::move(on_bytes), options, std::move(done));
  });
}

}  // namespace immudb
