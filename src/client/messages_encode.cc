#include <pb.pb.h>
#include <schema.pb.h>

#include "base/check.h"
#include "client/messages.h"
#include "client/protobuf_bytes.h"

namespace immudb::client {
namespace {

std::string Text(BytesView bytes) {
  return {bytes.begin(), bytes.end()};
}

template <typename Message>
void SetSince(Message& message, Since since) {
  // Without a trusted tree the message is there and empty, as official clients send it.
  message.mutable_rootindex()->set_index(since.value_or(LeafIndex{}).value);
}

void Fill(schema::KeyValue& message, BytesView key, BytesView value) {
  message.set_key(key.data(), key.size());
  message.set_value(value.data(), value.size());
}

void Fill(schema::ReferenceOptions& message, const ReferenceRequest& request) {
  message.set_reference(Text(request.name));
  message.set_key(Text(request.key));
  if (request.index.has_value()) message.mutable_index()->set_index(request.index->value);
}

void Fill(schema::ZAddOptions& message, const SetEntryRequest& request) {
  message.set_set(Text(request.set));
  message.mutable_score()->set_score(request.score);
  message.set_key(Text(request.key));
  if (request.index.has_value()) message.mutable_index()->set_index(request.index->value);
}

struct FillOperation {
  schema::Op& message;
  void operator()(const KeyValue& pair) const {
    Fill(*message.mutable_kvs(), pair.key, pair.value);
  }
  void operator()(const ReferenceRequest& request) const {
    Fill(*message.mutable_ropts(), request);
  }
  void operator()(const SetEntryRequest& request) const { Fill(*message.mutable_zopts(), request); }
};

}  // namespace

Bytes EncodeContent(std::uint64_t timestamp, BytesView payload) {
  schema::Content message;
  message.set_timestamp(timestamp);
  message.set_payload(payload.data(), payload.size());
  return Encode(message);
}

Bytes EncodeKey(BytesView key) {
  schema::Key message;
  message.set_key(key.data(), key.size());
  return Encode(message);
}

Bytes EncodeKeyValue(BytesView key, BytesView value) {
  schema::KeyValue message;
  Fill(message, key, value);
  return Encode(message);
}

Bytes EncodePairs(const std::vector<KeyValue>& pairs) {
  schema::KVList message;
  for (const KeyValue& pair : pairs) Fill(*message.add_kvs(), pair.key, pair.value);
  return Encode(message);
}

Bytes EncodeKeys(const std::vector<Bytes>& keys) {
  schema::KeyList message;
  for (const Bytes& key : keys) message.add_keys()->set_key(Text(key));
  return Encode(message);
}

Bytes EncodeOperations(const std::vector<Operation>& operations) {
  schema::Ops message;
  for (const Operation& operation : operations) {
    std::visit(FillOperation{*message.add_operations()}, operation);
  }
  return Encode(message);
}

Bytes EncodeIndex(LeafIndex index) {
  schema::Index message;
  message.set_index(index.value);
  return Encode(message);
}

Bytes EncodeHistory(const HistoryRequest& request) {
  schema::HistoryOptions message;
  message.set_key(Text(request.key));
  message.set_offset(request.offset);
  message.set_limit(request.limit);
  message.set_reverse(request.order == ScanOrder::kForward);  // The newest first is the default.
  return Encode(message);
}

Bytes EncodeScan(const ScanRequest& request) {
  schema::ScanOptions message;
  message.set_prefix(Text(request.prefix));
  message.set_offset(Text(request.offset));
  message.set_limit(request.limit);
  message.set_reverse(request.order == ScanOrder::kBackward);
  message.set_deep(request.depth == ScanDepth::kFollowReferences);
  return Encode(message);
}

Bytes EncodePage(const PageRequest& request) {
  schema::IScanOptions message;
  message.set_pagenumber(request.number);
  message.set_pagesize(request.size);
  return Encode(message);
}

Bytes EncodeReference(const ReferenceRequest& request) {
  schema::ReferenceOptions message;
  Fill(message, request);
  return Encode(message);
}

Bytes EncodeSetEntry(const SetEntryRequest& request) {
  schema::ZAddOptions message;
  Fill(message, request);
  return Encode(message);
}

Bytes EncodeSetScan(const SetScanRequest& request) {
  schema::ZScanOptions message;
  message.set_set(Text(request.set));
  message.set_offset(Text(request.offset));
  message.set_limit(request.limit);
  message.set_reverse(request.order == ScanOrder::kBackward);
  if (request.min.has_value()) message.mutable_min()->set_score(*request.min);
  if (request.max.has_value()) message.mutable_max()->set_score(*request.max);
  return Encode(message);
}

Bytes EncodeSafeSet(BytesView key, BytesView value, Since since) {
  schema::SafeSetOptions message;
  Fill(*message.mutable_kv(), key, value);
  SetSince(message, since);
  return Encode(message);
}

Bytes EncodeSafeGet(BytesView key, Since since) {
  schema::SafeGetOptions message;
  message.set_key(key.data(), key.size());
  SetSince(message, since);
  return Encode(message);
}

Bytes EncodeSafeIndex(LeafIndex index, Since since) {
  schema::SafeIndexOptions message;
  message.set_index(index.value);
  SetSince(message, since);
  return Encode(message);
}

Bytes EncodeSafeReference(const ReferenceRequest& request, Since since) {
  schema::SafeReferenceOptions message;
  Fill(*message.mutable_ro(), request);
  SetSince(message, since);
  return Encode(message);
}

Bytes EncodeSafeSetEntry(const SetEntryRequest& request, Since since) {
  schema::SafeZAddOptions message;
  Fill(*message.mutable_zopts(), request);
  SetSince(message, since);
  return Encode(message);
}

Bytes EncodeLogin(const std::string& user, const std::string& password) {
  schema::LoginRequest message;
  message.set_user(user);
  message.set_password(password);
  return Encode(message);
}

Bytes EncodeDatabase(const std::string& name) {
  schema::Database message;
  message.set_databasename(name);
  return Encode(message);
}

Bytes EncodeCreateUser(const CreateUserRequest& request) {
  schema::CreateUserRequest message;
  message.set_user(request.name);
  message.set_password(request.password);
  message.set_permission(static_cast<std::uint32_t>(request.permission));
  message.set_database(request.database);
  return Encode(message);
}

Bytes EncodeChangePassword(const ChangePasswordRequest& request) {
  schema::ChangePasswordRequest message;
  message.set_user(request.name);
  message.set_oldpassword(request.old_password);
  message.set_newpassword(request.new_password);
  return Encode(message);
}

Bytes EncodeChangePermission(const ChangePermissionRequest& request) {
  schema::ChangePermissionRequest message;
  message.set_action(request.change == PermissionChange::kGrant ? schema::GRANT : schema::REVOKE);
  message.set_username(request.name);
  message.set_database(request.database);
  message.set_permission(static_cast<std::uint32_t>(request.permission));
  return Encode(message);
}

Bytes EncodeSetActiveUser(const std::string& name, UserState state) {
  schema::SetActiveUserRequest message;
  message.set_active(state == UserState::kActive);
  message.set_username(name);
  return Encode(message);
}

Bytes EncodeAuthKind(AuthKind kind) {
  schema::AuthConfig message;
  message.set_kind(static_cast<std::uint32_t>(kind));
  return Encode(message);
}

Bytes EncodeMtls(MtlsMode mode) {
  schema::MTLSConfig message;
  message.set_enabled(mode == MtlsMode::kOn);
  return Encode(message);
}

Bytes EncodeSignedPayload(const TreeHead& head) {
  IMMUDB_CHECK(head.size.value > 0);
  schema::RootIndex message;
  message.set_index(head.size.value - 1);
  message.set_root(head.root.data(), head.root.size());
  return Encode(message);
}

}  // namespace immudb::client

namespace immudb {

Bytes EncodeContent(const Content& content) {
  return client::EncodeContent(content.timestamp, content.payload);
}

Bytes EncodeDumpRecord(const DumpRecord& record) {
  pb::KV message;
  message.set_key(record.key.data(), record.key.size());
  message.set_value(record.value.data(), record.value.size());
  message.set_user_meta(record.user_meta.data(), record.user_meta.size());
  message.set_version(record.version);
  message.set_expires_at(record.expires_at);
  message.set_meta(record.meta.data(), record.meta.size());
  message.set_stream_id(record.stream_id);
  message.set_stream_done(record.is_last_of_stream);
  return client::Encode(message);
}

}  // namespace immudb
