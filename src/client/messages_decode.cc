#include <pb.pb.h>
#include <schema.pb.h>

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "client/messages.h"
#include "client/protobuf_bytes.h"

namespace immudb::client {
namespace {

Bytes ToBytes(const std::string& text) {
  return {text.begin(), text.end()};
}

Result<Digest> ToDigest(const std::string& bytes) {
  Digest digest{};
  if (bytes.size() != digest.size()) {
    return Fail(Code::kTampered, "a digest in the server's proof has {} bytes", bytes.size());
  }
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return digest;
}

template <typename Strings>
Result<Path> ToPath(const Strings& strings) {
  Path path;
  path.reserve(static_cast<std::size_t>(strings.size()));
  for (const std::string& bytes : strings) {
    IMMUDB_ASSIGN(const Digest digest, ToDigest(bytes));
    path.push_back(digest);
  }
  return path;
}

// The tree whose newest entry has the index `at`. That of no entries has the index before 0.
TreeSize SizeAt(std::uint64_t at) {
  return TreeSize{at + 1};
}

Item ToItem(const schema::Item& message) {
  return {.key = ToBytes(message.key()),
          .value = ToBytes(message.value()),
          .index = LeafIndex{message.index()},
          .timestamp = std::nullopt};
}

template <typename Messages>
Result<std::vector<Item>> ToItems(const Messages& messages, ValueForm form) {
  std::vector<Item> items;
  items.reserve(static_cast<std::size_t>(messages.size()));
  for (const schema::Item& message : messages) {
    items.push_back(ToItem(message));
    IMMUDB_TRY(ToForm(items.back(), form));
  }
  return items;
}

Result<EntryProof> ToProof(const schema::Proof& message) {
  EntryProof proof;
  proof.inclusion.index = LeafIndex{message.index()};
  proof.inclusion.head.size = SizeAt(message.at());
  IMMUDB_ASSIGN(proof.inclusion.leaf, ToDigest(message.leaf()));
  IMMUDB_ASSIGN(proof.inclusion.head.root, ToDigest(message.root()));
  IMMUDB_ASSIGN(proof.inclusion.path, ToPath(message.inclusionpath()));
  IMMUDB_ASSIGN(proof.consistency_path, ToPath(message.consistencypath()));
  return proof;
}

}  // namespace

Status ToForm(Item& item, ValueForm form) {
  if (form == ValueForm::kRaw) return {};
  Result<Content> content = DecodeContent(item.value);
  if (!content) return content.error();
  item.value = std::move(content->payload);
  item.timestamp = content->timestamp;
  return {};
}

Result<LeafIndex> DecodeIndex(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Index>(body));
  return LeafIndex{message.index()};
}

Result<Item> DecodeItem(const Bytes& body, ValueForm form) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Item>(body));
  Item item = ToItem(message);
  IMMUDB_TRY(ToForm(item, form));
  return item;
}

Result<std::vector<Item>> DecodeItems(const Bytes& body, ValueForm form) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::ItemList>(body));
  return ToItems(message.items(), form);
}

Result<Page> DecodePage(const Bytes& body, ValueForm form) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Page>(body));
  IMMUDB_ASSIGN(std::vector<Item> items, ToItems(message.items(), form));
  return Page{std::move(items), message.more()};
}

Result<std::vector<SetMember>> DecodeSetMembers(const Bytes& body, ValueForm form) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::ZItemList>(body));
  std::vector<SetMember> members;
  members.reserve(static_cast<std::size_t>(message.items_size()));
  for (const schema::ZItem& entry : message.items()) {
    SetMember member{.item = ToItem(entry.item()),
                     .score = entry.score(),
                     .index = LeafIndex{entry.index()},
                     .offset = ToBytes(entry.currentoffset())};
    IMMUDB_TRY(ToForm(member.item, form));
    members.push_back(std::move(member));
  }
  return members;
}

Result<std::uint64_t> DecodeCount(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::ItemsCount>(body));
  return message.count();
}

Result<SignedHead> DecodeRoot(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Root>(body));
  SignedHead head;
  head.signature = ToBytes(message.signature().signature());
  head.public_key = ToBytes(message.signature().publickey());
  if (message.payload().root().empty() && message.payload().index() == 0) return head;
  head.head.size = SizeAt(message.payload().index());
  IMMUDB_ASSIGN(head.head.root, ToDigest(message.payload().root()));
  return head;
}

Result<InclusionProof> DecodeInclusion(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::InclusionProof>(body));
  InclusionProof proof;
  proof.index = LeafIndex{message.index()};
  proof.head.size = SizeAt(message.at());
  IMMUDB_ASSIGN(proof.head.root, ToDigest(message.root()));
  IMMUDB_ASSIGN(proof.leaf, ToDigest(message.leaf()));
  IMMUDB_ASSIGN(proof.path, ToPath(message.path()));
  return proof;
}

Result<ConsistencyProof> DecodeConsistency(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::ConsistencyProof>(body));
  ConsistencyProof proof;
  proof.older = SizeAt(message.first());
  proof.newer.size = SizeAt(message.second());
  IMMUDB_ASSIGN(proof.newer.root, ToDigest(message.secondroot()));
  IMMUDB_ASSIGN(proof.path, ToPath(message.path()));
  return proof;
}

Result<EntryProof> DecodeProof(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Proof>(body));
  return ToProof(message);
}

Result<ProvenItem> DecodeSafeItem(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::SafeItem>(body));
  IMMUDB_ASSIGN(EntryProof proof, ToProof(message.proof()));
  return ProvenItem{ToItem(message.item()), std::move(proof)};
}

Result<LoginAnswer> DecodeLogin(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::LoginResponse>(body));
  return LoginAnswer{message.token(), message.warning()};
}

Result<std::string> DecodeToken(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::UseDatabaseReply>(body));
  return message.token();
}

Result<std::vector<std::string>> DecodeDatabases(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::DatabaseListResponse>(body));
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(message.databases_size()));
  for (const schema::Database& database : message.databases()) {
    names.push_back(database.databasename());
  }
  return names;
}

Result<std::vector<User>> DecodeUsers(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::UserList>(body));
  std::vector<User> users;
  users.reserve(static_cast<std::size_t>(message.users_size()));
  for (const schema::User& entry : message.users()) {
    User user{.name = entry.user(),
              .grants = {},
              .created_by = entry.createdby(),
              .created_at = entry.createdat(),
              .active = entry.active()};
    for (const schema::Permission& permission : entry.permissions()) {
      user.grants.push_back({permission.database(), permission.permission()});
    }
    users.push_back(std::move(user));
  }
  return users;
}

Result<HealthReport> DecodeHealth(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::HealthResponse>(body));
  return HealthReport{message.status(), message.version(), {}};
}

Result<std::vector<TreeLayer>> DecodeTree(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<schema::Tree>(body));
  std::vector<TreeLayer> layers;
  layers.reserve(static_cast<std::size_t>(message.t_size()));
  for (const schema::Layer& entry : message.t()) {
    TreeLayer& layer = layers.emplace_back();
    layer.reserve(static_cast<std::size_t>(entry.l_size()));
    for (const schema::Node& node : entry.l()) {
      layer.push_back({.position = ToBytes(node.i()),
                       .hash = ToBytes(node.h()),
                       .key = ToBytes(node.refk()),
                       .is_reference = node.ref(),
                       .is_cached = node.cache(),
                       .is_root = node.root()});
    }
  }
  return layers;
}

Result<std::vector<DumpRecord>> DecodeDump(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<pb::KVList>(body));
  std::vector<DumpRecord> records;
  records.reserve(static_cast<std::size_t>(message.kv_size()));
  for (const pb::KV& record : message.kv()) {
    records.push_back({.key = ToBytes(record.key()),
                       .value = ToBytes(record.value()),
                       .user_meta = ToBytes(record.user_meta()),
                       .version = record.version(),
                       .expires_at = record.expires_at(),
                       .meta = ToBytes(record.meta()),
                       .stream_id = record.stream_id(),
                       .is_last_of_stream = record.stream_done()});
  }
  return records;
}

}  // namespace immudb::client

namespace immudb {

Result<Content> DecodeContent(BytesView stored) {
  schema::Content message;
  constexpr std::size_t kBytesMax = std::numeric_limits<int>::max();
  if (stored.size() > kBytesMax ||
      !message.ParseFromArray(stored.data(), static_cast<int>(stored.size()))) {
    return Fail(Code::kUnsupported, "the value is not a structured one; read it in its raw form");
  }
  return Content{message.timestamp(), {message.payload().begin(), message.payload().end()}};
}

}  // namespace immudb
