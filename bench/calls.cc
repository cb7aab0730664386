#include "calls.h"

#include <algorithm>

#include "base/error.h"
#include "schema.pb.h"

namespace immudb::bench {
namespace {

constexpr std::string_view kLogin = "/immudb.schema.ImmuService/Login";
constexpr std::string_view kHealth = "/immudb.schema.ImmuService/Health";
constexpr std::string_view kCurrentRoot = "/immudb.schema.ImmuService/CurrentRoot";

constexpr std::size_t kDigestBytes = 32;
constexpr std::uint64_t kFillBatch = 1000;

std::string TextOf(const KeyBytes& key) {
  return {key.begin(), key.end()};
}

const std::string& Value() {
  static const std::string value(kValue.begin(), kValue.end());
  return value;
}

std::string_view PathOf(CallKind kind) {
  switch (kind) {
    case CallKind::kGet: return "/immudb.schema.ImmuService/Get";
    case CallKind::kSet: return "/immudb.schema.ImmuService/Set";
    case CallKind::kSafeGet: return "/immudb.schema.ImmuService/SafeGet";
    case CallKind::kSafeSet: return "/immudb.schema.ImmuService/SafeSet";
    case CallKind::kSetBatch: return "/immudb.schema.ImmuService/SetBatch";
    case CallKind::kEcho: return "/echo.Echo/Echo";
  }
  return {};
}

}  // namespace

std::string_view NameOf(CallKind kind) {
  switch (kind) {
    case CallKind::kGet: return "Get";
    case CallKind::kSet: return "Set";
    case CallKind::kSafeGet: return "SafeGet";
    case CallKind::kSafeSet: return "SafeSet";
    case CallKind::kSetBatch: return "SetBatch of 100";
    case CallKind::kEcho: return "echo";
  }
  return {};
}

std::uint64_t EntriesOf(CallKind kind) {
  if (kind == CallKind::kSetBatch) return kBatchEntries;
  return kind == CallKind::kSet || kind == CallKind::kSafeSet ? 1 : 0;
}

std::size_t LeastReplyBytes(CallKind kind) {
  switch (kind) {
    case CallKind::kGet: return kKeyBytes + kValueBytes;
    case CallKind::kSafeGet: return kKeyBytes + kValueBytes + 2 * kDigestBytes;
    case CallKind::kSafeSet: return 2 * kDigestBytes;
    case CallKind::kEcho: return kKeyBytes + kValueBytes;
    case CallKind::kSet:
    case CallKind::kSetBatch: return 0;  // Index 0 is an empty message.
  }
  return 0;
}

std::string CallMaker::KeyToRead() {
  return TextOf(RandomKey(first_key_ + Mix(reads_++) % keys_settled_));
}

Call CallMaker::Make(CallKind kind) {
  if (kind == CallKind::kSetBatch) return MakeBatch(kBatchEntries);
  Call call{.path = PathOf(kind), .message = {}, .kind = static_cast<std::size_t>(kind)};
  const auto fill = [this](schema::KeyValue& entry) {
    entry.set_key(TextOf(RandomKey(first_key_ + keys_written_++)));
    entry.set_value(Value());
  };
  if (kind == CallKind::kGet) {
    schema::Key request;
    request.set_key(KeyToRead());
    request.SerializeToString(&call.message);
  } else if (kind == CallKind::kSafeGet) {
    schema::SafeGetOptions request;
    request.set_key(KeyToRead());
    request.mutable_rootindex()->set_index(trusted_index_);
    request.SerializeToString(&call.message);
  } else if (kind == CallKind::kSafeSet) {
    schema::SafeSetOptions request;
    fill(*request.mutable_kv());
    request.mutable_rootindex()->set_index(trusted_index_);
    request.SerializeToString(&call.message);
  } else {  // A set; the echo server gets the same message.
    schema::KeyValue request;
    fill(request);
    request.SerializeToString(&call.message);
  }
  return call;
}

Call CallMaker::MakeBatch(std::uint64_t entries) {
  schema::KVList request;
  for (std::uint64_t i = 0; i < entries; ++i) {
    schema::KeyValue& entry = *request.add_kvs();
    entry.set_key(TextOf(RandomKey(first_key_ + keys_written_++)));
    entry.set_value(Value());
  }
  return {.path = PathOf(CallKind::kSetBatch),
          .message = request.SerializeAsString(),
          .kind = static_cast<std::size_t>(CallKind::kSetBatch)};
}

std::string LogIn(Http2Client& client, const std::string& user, const std::string& password) {
  schema::LoginRequest request;
  request.set_user(user);
  request.set_password(password);
  schema::LoginResponse reply;
  if (!reply.ParseFromString(client.CallNow(kLogin, request.SerializeAsString()))) {
    GiveUp("the answer to Login is no message");
  }
  client.set_token(Text("Bearer {}", reply.token()));
  return Text("Bearer {}", reply.token());
}

void WriteEntries(Http2Client& client, CallMaker& maker, std::uint64_t entries) {
  for (std::uint64_t written = 0; written < entries; written += kFillBatch) {
    Call call = maker.MakeBatch(std::min(kFillBatch, entries - written));
    client.CallNow(call.path, std::move(call.message));
  }
  maker.Settle();
}

std::uint64_t EntriesOnServer(Http2Client& client) {
  schema::Root reply;
  if (!reply.ParseFromString(client.CallNow(kCurrentRoot, {}))) {
    GiveUp("the answer to CurrentRoot is no message");
  }
  return reply.payload().index() + 1;
}

void AskForHealth(Http2Client& client) {
  client.CallNow(kHealth, {});
}

}  // namespace immudb::bench
