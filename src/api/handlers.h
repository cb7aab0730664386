// The handlers of the calls that this server answers, one function each; methods.cc says which call
// gets which. A handler never blocks and answers exactly once, now or later.
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
class Index;
class Key;
class KeyList;
class KeyValue;
class KVList;
class LoginRequest;
class MTLSConfig;
class SafeGetOptions;
class SafeIndexOptions;
class SafeSetOptions;
class SetActiveUserRequest;
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

// Reads: handlers_read.cc. Plain and structured calls differ in the form of values alone.
void Get(const Context& context, schema::Key& request);
void GetStructured(const Context& context, schema::Key& request);
void SafeGet(const Context& context, schema::SafeGetOptions& request);
void SafeGetStructured(const Context& context, schema::SafeGetOptions& request);
void GetBatch(const Context& context, schema::KeyList& request);
void GetBatchStructured(const Context& context, schema::KeyList& request);
void ByIndex(const Context& context, schema::Index& request);
void BySafeIndex(const Context& context, schema::SafeIndexOptions& request);

// Roots and proofs: handlers_proof.cc.
void CurrentRoot(const Context& context, google::protobuf::Empty& request);
void Inclusion(const Context& context, schema::Index& request);
void Consistency(const Context& context, schema::Index& request);

}  // namespace immudb::api
