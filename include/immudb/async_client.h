// A client of a server, that calls back. immudb/client.h has the same calls, waiting for the
// answer; what a call does is said here once.
//
// Calls whose name begins with `Safe` are verified: the answer is checked to the last byte against
// what was asked and against the state that this client trusted before, and the state it proves is
// kept, on disk, before the call ends (docs/proofs.md, docs/formats/client_state.md). All other
// calls believe the server.
//
// Errors that every call has: kUnavailable (no server; a call that changes something may have been
// carried out all the same), kUnauthenticated, kDenied, kExhausted, kInvalidArgument, kUnsupported
// (a server without this call), kIo (the server failed). Verified calls also: kTampered;
// kCorrupted, kIo, kExhausted of the kept state. After kTampered nothing of the answer may be used;
// the kept state is as before. If a verified write fails for another reason after the server took
// it, the message says so.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/client_options.h"
#include "immudb/client_types.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

namespace client {
class Core;
struct Environment;
}  // namespace client

template <typename T>
using Callback = std::function<void(Result<T>)>;

// Callbacks run once each, on threads of the client, perhaps before the call returns. They may
// start calls, but must not wait for them, and must not destroy the client.
// Thread-safe.
class AsyncClient {
 public:
  // Checks the options and reads the TLS files; connects at the first call.
  // Errors: kInvalidArgument; kNotFound, kDenied, kIo of the files.
  static Result<std::unique_ptr<AsyncClient>> Create(const ClientOptions& options);
  // With other means than the system's, for tests.
  static std::unique_ptr<AsyncClient> CreateWith(const ClientOptions& options,
                                                 client::Environment environment);

  // Cancels what is under way, and waits until its callbacks have run.
  ~AsyncClient();
  AsyncClient(const AsyncClient&) = delete;
  AsyncClient& operator=(const AsyncClient&) = delete;

  // Sessions. Later calls use the session and database that the last of these calls left.
  void Login(std::string user, std::string password, const CallOptions& options,
             Callback<LoginReply> done);
  void Logout(const CallOptions& options, Callback<void> done);
  void UseDatabase(std::string database, const CallOptions& options, Callback<void> done);
  // Goes on with a session that another process began; Session{} ends using one.
  void SetSession(Session session);
  Session session() const;

  // Plain data calls. kNotFound for a key or index that is not there.
  void Set(BytesView key, BytesView value, const CallOptions& options, Callback<LeafIndex> done);
  void Get(BytesView key, const CallOptions& options, Callback<Item> done);
  void SetBatch(std::vector<KeyValue> pairs, const CallOptions& options, Callback<LeafIndex> done);
  void GetBatch(std::vector<Bytes> keys, const CallOptions& options,
                Callback<std::vector<Item>> done);
  // All or nothing; gives the last index.
  void Execute(std::vector<Operation> operations, const CallOptions& options,
               Callback<LeafIndex> done);
  void ByIndex(LeafIndex index, const CallOptions& options, Callback<Item> done);
  void History(HistoryRequest request, const CallOptions& options,
               Callback<std::vector<Item>> done);
  void Scan(ScanRequest request, const CallOptions& options, Callback<std::vector<Item>> done);
  void ScanByIndex(PageRequest request, const CallOptions& options, Callback<Page> done);
  // The number of versions of exactly this key, as immudb 0.8.1 counts.
  void Count(BytesView key, const CallOptions& options, Callback<std::uint64_t> done);
  void CountAll(const CallOptions& options, Callback<std::uint64_t> done);
  void Reference(ReferenceRequest request, const CallOptions& options, Callback<LeafIndex> done);
  void GetReference(BytesView name, const CallOptions& options, Callback<Item> done);
  void ZAdd(SetEntryRequest request, const CallOptions& options, Callback<LeafIndex> done);
  void ZScan(SetScanRequest request, const CallOptions& options,
             Callback<std::vector<SetMember>> done);

  // Verified calls.
  void SafeSet(BytesView key, BytesView value, const CallOptions& options,
               Callback<VerifiedWrite> done);
  void SafeGet(BytesView key, const CallOptions& options, Callback<VerifiedItem> done);
  void SafeByIndex(LeafIndex index, const CallOptions& options, Callback<VerifiedItem> done);
  // Requires: if the request names an index, a key as well: it is part of what is proven.
  void SafeReference(ReferenceRequest request, const CallOptions& options,
                     Callback<VerifiedWrite> done);
  void SafeZAdd(SetEntryRequest request, const CallOptions& options, Callback<VerifiedWrite> done);
  // The server's newest state, proven to continue the trusted one, and signed if a key is pinned.
  void SafeCurrentRoot(const CallOptions& options, Callback<SignedHead> done);
  // What is kept of the database in use; nothing if no verified call was made yet.
  void TrustedHead(const CallOptions& options, Callback<std::optional<TreeHead>> done);

  // Proofs as the server gives them, to be checked with immudb/verify.h. An empty database has a
  // head of size 0.
  void CurrentRoot(const CallOptions& options, Callback<SignedHead> done);
  void Inclusion(LeafIndex index, const CallOptions& options, Callback<InclusionProof> done);
  void Consistency(LeafIndex since, const CallOptions& options, Callback<ConsistencyProof> done);

  // Databases.
  void CreateDatabase(std::string name, const CallOptions& options, Callback<void> done);
  void ListDatabases(const CallOptions& options, Callback<std::vector<std::string>> done);

  // Users.
  void ListUsers(const CallOptions& options, Callback<std::vector<User>> done);
  void CreateUser(CreateUserRequest request, const CallOptions& options, Callback<void> done);
  void ChangePassword(ChangePasswordRequest request, const CallOptions& options,
                      Callback<void> done);
  void ChangePermission(ChangePermissionRequest request, const CallOptions& options,
                        Callback<void> done);
  void SetActiveUser(std::string name, UserState state, const CallOptions& options,
                     Callback<void> done);

  // The server.
  void Health(const CallOptions& options, Callback<HealthReport> done);
  void UpdateAuthConfig(AuthKind kind, const CallOptions& options, Callback<void> done);
  void UpdateMtlsConfig(MtlsMode mode, const CallOptions& options, Callback<void> done);
  void PrintTree(const CallOptions& options, Callback<std::vector<TreeLayer>> done);
  // Hands every stored record of the database, the entries and what the server derives, to
  // `on_records`, part by part; it returns false to end it. The deadline is that of the whole dump:
  // set it in `options`. Ends with kUnavailable if ended.
  void Dump(std::function<bool(std::vector<DumpRecord>)> on_records, const CallOptions& options,
            Callback<void> done);

  // Of immudb.admin.v1, for the superadmin (docs/admin-api.md). All databases, the audit trail,
  // `systemdb`, last.
  void DatabaseStates(const CallOptions& options, Callback<std::vector<DatabaseState>> done);
  // Entries of the audit trail from `first` on, at most `limit` and at most 1000; 0: 1000. Fewer
  // where they are long; none beyond its end.
  void ReadAuditTrail(LeafIndex first, std::uint32_t limit, const CallOptions& options,
                      Callback<AuditPage> done);
  // Hands a copy of a database, as docs/formats/snapshot.md describes it, to `on_bytes`, part by
  // part, the manifest first; it returns false to end it. The deadline is that of the whole copy.
  // Ends with kUnavailable if ended.
  void TakeSnapshot(const std::string& database, std::function<bool(BytesView)> on_bytes,
                    const CallOptions& options, Callback<void> done);

 private:
  explicit AsyncClient(std::unique_ptr<client::Core> core);

  std::unique_ptr<client::Core> core_;
};

}  // namespace immudb
