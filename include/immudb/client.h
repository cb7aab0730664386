// A client of a server, that waits for each answer. What each call does, and its errors, are said
// in immudb/async_client.h.
//
//   const auto client = Client::Connect({.first_contact = FirstContact::kTrustOnFirstUse});
//   (*client)->Login("immudb", password);
//   (*client)->SafeSet(AsBytes("key"), AsBytes("value"));

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "immudb/async_client.h"
#include "immudb/bytes.h"
#include "immudb/client_options.h"
#include "immudb/client_types.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

// No call may be made from a callback of `async()`. Every wait ends: each call has a deadline.
// Thread-safe.
class Client {
 public:
  // Checks the options and the TLS files; connects at the first call. Errors: as
  // AsyncClient::Create.
  static Result<std::unique_ptr<Client>> Connect(const ClientOptions& options);

  explicit Client(std::unique_ptr<AsyncClient> async);

  // The same client, session and trusted state, for calls that call back.
  AsyncClient& async() { return *async_; }

  // Sessions.
  Result<LoginReply> Login(std::string user, std::string password, const CallOptions& options = {});
  Status Logout(const CallOptions& options = {});
  Status UseDatabase(std::string database, const CallOptions& options = {});
  void SetSession(Session session) { async_->SetSession(std::move(session)); }
  Session session() const { return async_->session(); }

  // Plain data calls.
  Result<LeafIndex> Set(BytesView key, BytesView value, const CallOptions& options = {});
  Result<Item> Get(BytesView key, const CallOptions& options = {});
  Result<LeafIndex> SetBatch(std::vector<KeyValue> pairs, const CallOptions& options = {});
  Result<std::vector<Item>> GetBatch(std::vector<Bytes> keys, const CallOptions& options = {});
  Result<LeafIndex> Execute(std::vector<Operation> operations, const CallOptions& options = {});
  Result<Item> ByIndex(LeafIndex index, const CallOptions& options = {});
  Result<std::vector<Item>> History(HistoryRequest request, const CallOptions& options = {});
  Result<std::vector<Item>> Scan(ScanRequest request, const CallOptions& options = {});
  Result<Page> ScanByIndex(PageRequest request, const CallOptions& options = {});
  Result<std::uint64_t> Count(BytesView key, const CallOptions& options = {});
  Result<std::uint64_t> CountAll(const CallOptions& options = {});
  Result<LeafIndex> Reference(ReferenceRequest request, const CallOptions& options = {});
  Result<Item> GetReference(BytesView name, const CallOptions& options = {});
  Result<LeafIndex> ZAdd(SetEntryRequest request, const CallOptions& options = {});
  Result<std::vector<SetMember>> ZScan(SetScanRequest request, const CallOptions& options = {});

  // Verified calls.
  Result<VerifiedWrite> SafeSet(BytesView key, BytesView value, const CallOptions& options = {});
  Result<VerifiedItem> SafeGet(BytesView key, const CallOptions& options = {});
  Result<VerifiedItem> SafeByIndex(LeafIndex index, const CallOptions& options = {});
  Result<VerifiedWrite> SafeReference(ReferenceRequest request, const CallOptions& options = {});
  Result<VerifiedWrite> SafeZAdd(SetEntryRequest request, const CallOptions& options = {});
  Result<SignedHead> SafeCurrentRoot(const CallOptions& options = {});
  Result<std::optional<TreeHead>> TrustedHead(const CallOptions& options = {});

  // Proofs as the server gives them.
  Result<SignedHead> CurrentRoot(const CallOptions& options = {});
  Result<InclusionProof> Inclusion(LeafIndex index, const CallOptions& options = {});
  Result<ConsistencyProof> Consistency(LeafIndex since, const CallOptions& options = {});

  // Databases.
  Status CreateDatabase(std::string name, const CallOptions& options = {});
  Result<std::vector<std::string>> ListDatabases(const CallOptions& options = {});

  // Users.
  Result<std::vector<User>> ListUsers(const CallOptions& options = {});
  Status CreateUser(CreateUserRequest request, const CallOptions& options = {});
  Status ChangePassword(ChangePasswordRequest request, const CallOptions& options = {});
  Status ChangePermission(ChangePermissionRequest request, const CallOptions& options = {});
  Status SetActiveUser(std::string name, UserState state, const CallOptions& options = {});

  // The server.
  Result<HealthReport> Health(const CallOptions& options = {});
  Status UpdateAuthConfig(AuthKind kind, const CallOptions& options = {});
  Status UpdateMtlsConfig(MtlsMode mode, const CallOptions& options = {});
  Result<std::vector<TreeLayer>> PrintTree(const CallOptions& options = {});
  Status Dump(std::function<bool(std::vector<DumpRecord>)> on_records,
              const CallOptions& options = {});

  // For the superadmin.
  Result<std::vector<DatabaseState>> DatabaseStates(const CallOptions& options = {});
  Result<AuditPage> ReadAuditTrail(LeafIndex first, std::uint32_t limit = 0,
                                   const CallOptions& options = {});
  Status TakeSnapshot(const std::string& database, std::function<bool(BytesView)> on_bytes,
                      const CallOptions& options = {});

 private:
  std::unique_ptr<AsyncClient> async_;
};

}  // namespace immudb
