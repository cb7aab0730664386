// The handlers of the calls that this server answers, one function each; methods.cc says which call
// gets which, and where it runs. A handler answers exactly once, now or later; on the loop of the
// network it never waits for a disk, on the pool for reads it may.
//
// Requests may be taken apart: handlers own them for the time of the call to the handler.

#pragma once

#include "api/context.h"
#include "api/structured.h"

namespace google::protobuf {
class Empty;
}  // namespace google::protobuf

namespace immudb::schema {
class AuthConfig;
class ChangePasswordRequest;
class ChangePermissionRequest;
class CreateUserRequest;
class Database;
class HistoryOptions;
class Index;
class IScanOptions;
class Key;
class KeyPrefix;
class KeyValue;
class KVList;
class LoginRequest;
class MTLSConfig;
class Ops;
class ReferenceOptions;
class SafeGetOptions;
class SafeIndexOptions;
class SafeReferenceOptions;
class SafeSetOptions;
class SafeZAddOptions;
class ScanOptions;
class SetActiveUserRequest;
class ZAddOptions;
class ZScanOptions;
}  // namespace immudb::schema

namespace immudb::api {

// Sessions: handlers_session.cc.
void Health(const Context& context, google::protobuf::Empty& request);
void Login(const Context& context, schema::LoginRequest& request);
void Logout(const Context& context, google::protobuf::Empty& request);

// Users: handlers_users.cc, handlers_user_changes.cc.
void ListUsers(const Context& context, google::protobuf::Empty& request);
void CreateUser(const Context& context, schema::CreateUserRequest& request);
void ChangePassword(const Context& context, schema::ChangePasswordRequest& request);
void ChangePermission(const Context& context, schema::ChangePermissionRequest& request);
void SetActiveUser(const Context& context, schema::SetActiveUserRequest& request);

// Databases: handlers_databases.cc.
void CreateDatabase(const Context& context, schema::Database& request);
void UseDatabase(const Context& context, schema::Database& request);
void DatabaseList(const Context& context, google::protobuf::Empty& request);

// Settings: handlers_config.cc.
void UpdateAuthConfig(const Context& context, schema::AuthConfig& request);
void UpdateMTLSConfig(const Context& context, schema::MTLSConfig& request);

// Writes: handlers_write.cc.
void Set(const Context& context, schema::KeyValue& request);
void SafeSet(const Context& context, schema::SafeSetOptions& request);
void SetBatch(const Context& context, schema::KVList& request);
void SetStructured(const Context& context, StructuredRequest& request);
void SafeSetStructured(const Context& context, StructuredRequest& request);
void SetBatchStructured(const Context& context, StructuredRequest& request);

// References, sorted sets, operations: handlers_reference.cc.
void Reference(const Context& context, schema::ReferenceOptions& request);
void SafeReference(const Context& context, schema::SafeReferenceOptions& request);
void AddToSet(const Context& context, schema::ZAddOptions& request);
void SafeAddToSet(const Context& context, schema::SafeZAddOptions& request);
void ExecuteAll(const Context& context, schema::Ops& request);

// Reads: handlers_read.cc. Plain and structured calls differ in the form of values alone.
void Get(const Context& context, schema::Key& request);
void GetStructured(const Context& context, schema::Key& request);
void SafeGet(const Context& context, schema::SafeGetOptions& request);
void SafeGetStructured(const Context& context, schema::SafeGetOptions& request);
void GetReference(const Context& context, schema::Key& request);
void ByIndex(const Context& context, schema::Index& request);
void ByIndexStructured(const Context& context, schema::Index& request);
void BySafeIndex(const Context& context, schema::SafeIndexOptions& request);

// Answers of any length: handlers_list.cc. GetBatch reads its request, a KeyList, as it came.
void GetBatch(const Context& context);
void GetBatchStructured(const Context& context);
void Scan(const Context& context, schema::ScanOptions& request);
void ScanStructured(const Context& context, schema::ScanOptions& request);
void ScanSet(const Context& context, schema::ZScanOptions& request);
void ScanSetStructured(const Context& context, schema::ZScanOptions& request);
void ScanIndexes(const Context& context, schema::IScanOptions& request);
void ScanIndexesStructured(const Context& context, schema::IScanOptions& request);
void History(const Context& context, schema::HistoryOptions& request);
void HistoryStructured(const Context& context, schema::Key& request);
void Count(const Context& context, schema::KeyPrefix& request);
void CountAll(const Context& context, google::protobuf::Empty& request);

// Whole databases: handlers_tree.cc.
void PrintTree(const Context& context, google::protobuf::Empty& request);
void Dump(const Context& context, google::protobuf::Empty& request);

// Roots and proofs: handlers_proof.cc.
void CurrentRoot(const Context& context, google::protobuf::Empty& request);
void Inclusion(const Context& context, schema::Index& request);
void Consistency(const Context& context, schema::Index& request);

}  // namespace immudb::api
