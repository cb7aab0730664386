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
class Database;
class Index;
class Key;
class KeyList;
class KeyValue;
class KVList;
class LoginRequest;
class SafeGetOptions;
class SafeIndexOptions;
class SafeSetOptions;
}  // namespace immudb::schema

namespace immudb::api {

// Sessions: handlers_session.cc.
void Health(Context context, google::protobuf::Empty& request);
void Login(Context context, schema::LoginRequest& request);
void Logout(Context context, google::protobuf::Empty& request);
void UseDatabase(Context context, schema::Database& request);

// Writes: handlers_write.cc.
void Set(Context context, schema::KeyValue& request);
void SafeSet(Context context, schema::SafeSetOptions& request);
void SetBatch(Context context, schema::KVList& request);
void SetStructured(Context context, StructuredRequest& request);
void SafeSetStructured(Context context, StructuredRequest& request);
void SetBatchStructured(Context context, StructuredRequest& request);

// Reads: handlers_read.cc. Plain and structured calls differ in the form of values alone.
void Get(Context context, schema::Key& request);
void GetStructured(Context context, schema::Key& request);
void SafeGet(Context context, schema::SafeGetOptions& request);
void SafeGetStructured(Context context, schema::SafeGetOptions& request);
void GetBatch(Context context, schema::KeyList& request);
void GetBatchStructured(Context context, schema::KeyList& request);
void ByIndex(Context context, schema::Index& request);
void BySafeIndex(Context context, schema::SafeIndexOptions& request);

// Roots and proofs: handlers_proof.cc.
void CurrentRoot(Context context, google::protobuf::Empty& request);
void Inclusion(Context context, schema::Index& request);
void Consistency(Context context, schema::Index& request);

}  // namespace immudb::api
