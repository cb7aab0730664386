#include "client/testing/fake_server.h"

namespace immudb::client {
namespace {

std::string Text(const Digest& digest) {
  return {digest.begin(), digest.end()};
}

template <typename Message>
Message Parse(const Rpc& rpc) {
  Message message;
  IMMUDB_CHECK(message.ParseFromArray(rpc.request.data(), static_cast<int>(rpc.request.size())));
  return message;
}

RpcReply Ok(const google::protobuf::MessageLite& message) {
  const std::string body = message.SerializeAsString();
  return {.code = WireCode::kOk,
          .message = {},
          .body = {body.begin(), body.end()},
          .server_uuid = "fake"};
}

RpcReply Refuse(WireCode code, std::string text) {
  return {.code = code, .message = std::move(text), .body = {}, .server_uuid = "fake"};
}

std::string Text(const Bytes& bytes) {
  return {bytes.begin(), bytes.end()};
}

}  // namespace

schema::Proof FakeServer::Prove(std::uint64_t index, std::uint64_t since,
                                std::uint64_t size) const {
  const std::span<const Digest> tree(ledger.leaves.data(), size);
  schema::Proof proof;
  proof.set_leaf(Text(tree[index]));
  proof.set_index(index);
  proof.set_root(Text(merkle::reference::TreeHash(tree)));
  proof.set_at(size - 1);
  for (const Digest& hash : merkle::reference::InclusionPath(index, tree)) {
    proof.add_inclusionpath(Text(hash));
  }
  if (since + 1 > size) return proof;
  for (const Digest& hash : merkle::reference::ConsistencyPath(since + 1, tree)) {
    proof.add_consistencypath(Text(hash));
  }
  return proof;
}

schema::Item FakeServer::ItemAt(std::uint64_t index) const {
  schema::Item item;
  item.set_key(ledger.entries[index].key);
  item.set_value(ledger.entries[index].value);
  item.set_index(index);
  return item;
}

bool FakeServer::Knows(std::uint64_t since) const {
  return !checks_since || since == 0 || since < ledger.entries.size();
}

RpcReply FakeServer::Proven(std::uint64_t index, std::uint64_t since) const {
  schema::SafeItem answer;
  *answer.mutable_item() = ItemAt(index);
  *answer.mutable_proof() = Prove(index, since, ledger.entries.size());
  return Ok(answer);
}

RpcReply FakeServer::Written(std::string stored_key, std::string value, bool is_reference,
                             std::uint64_t since) {
  const std::uint64_t index = ledger.Append(std::move(stored_key), std::move(value), is_reference);
  return Ok(Prove(index, since, index + 1));
}

RpcReply FakeServer::GetProven(const schema::SafeGetOptions& request) const {
  std::int64_t index = ledger.Find(request.key());
  if (index < 0) return Refuse(WireCode::kNotFound, "Key not found");
  const FakeLedger::Stored& found = ledger.entries[static_cast<std::size_t>(index)];
  if (found.is_reference) {
    const auto target = proof::DecodeTarget(AsBytes(found.value));
    index = ledger.Find(std::string(target->key.begin(), target->key.end()));
  }
  return Proven(static_cast<std::uint64_t>(index), request.rootindex().index());
}

RpcReply FakeServer::Versions(const schema::HistoryOptions& request) const {
  schema::ItemList list;
  for (std::uint64_t i = ledger.entries.size(); i-- > 0;) {
    if (ledger.entries[i].key != request.key()) continue;
    if (request.offset() != 0 && i >= request.offset()) continue;
    *list.add_items() = ItemAt(i);
    if (static_cast<std::uint64_t>(list.items_size()) == request.limit()) break;
  }
  return Ok(list);
}

RpcReply FakeServer::CurrentRoot() const {
  schema::Root root;
  root.mutable_payload();
  root.mutable_signature();
  if (ledger.entries.empty()) return Ok(root);
  root.mutable_payload()->set_index(ledger.entries.size() - 1);
  root.mutable_payload()->set_root(Text(ledger.Head().root));
  if (key != nullptr) {
    const std::string payload = root.payload().SerializeAsString();
    root.mutable_signature()->set_signature(Text(*key->Sign(AsBytes(payload))));
    root.mutable_signature()->set_publickey(Text(key->public_key()));
  }
  return Ok(root);
}

RpcReply FakeServer::NewSession(const std::string& database) {
  schema::UseDatabaseReply reply;  // Its token is where that of a LoginResponse is.
  reply.set_token("token " + std::to_string(++sessions) + database);
  current_ = reply.token();
  return Ok(reply);
}

RpcReply FakeServer::Answer(const Rpc& rpc) {
  if (faults > 0) {
    --faults;
    return Refuse(fault, "a fault");
  }
  if (rpc.method == "Login") return NewSession("");
  if (knows_sessions && rpc.token != current_) {
    return Refuse(WireCode::kUnknown, "please login first");
  }
  if (rpc.method == "UseDatabase") {
    return NewSession(" for " + Parse<schema::Database>(rpc).databasename());
  }
  if (rpc.method == "CurrentRoot") return CurrentRoot();
  if (rpc.method == "History") return Versions(Parse<schema::HistoryOptions>(rpc));
  if (rpc.method == "Set") {
    const auto request = Parse<schema::KeyValue>(rpc);
    schema::Index index;
    index.set_index(ledger.Append(request.key(), request.value()));
    return Ok(index);
  }
  if (rpc.method == "Get") {
    const std::int64_t index = ledger.Find(Parse<schema::Key>(rpc).key());
    if (index < 0) return Refuse(WireCode::kNotFound, "Key not found");
    return Ok(ItemAt(static_cast<std::uint64_t>(index)));
  }
  if (rpc.method == "SafeSet") {
    const auto request = Parse<schema::SafeSetOptions>(rpc);
    const std::uint64_t since = request.rootindex().index();
    if (!Knows(since)) return Refuse(WireCode::kInvalidArgument, "invalid root index");
    return Written(request.kv().key(), request.kv().value(), false, since);
  }
  if (rpc.method == "SafeReference") {
    const auto request = Parse<schema::SafeReferenceOptions>(rpc);
    proof::TargetView target{AsBytes(request.ro().key()), std::nullopt};
    if (request.ro().has_index()) target.index = LeafIndex{request.ro().index().index()};
    return Written(request.ro().reference(), Text(proof::EncodeTarget(target)), true,
                   request.rootindex().index());
  }
  if (rpc.method == "SafeZAdd") {
    const auto request = Parse<schema::SafeZAddOptions>(rpc);
    const auto& entry = request.zopts();
    const proof::TargetView target{AsBytes(entry.key()), std::nullopt};
    const Bytes stored = proof::EncodeSetKey(AsBytes(entry.set()), entry.score().score(), target);
    return Written(Text(stored), Text(proof::EncodeTarget(target)), true,
                   request.rootindex().index());
  }
  if (rpc.method == "SafeGet") {
    const auto request = Parse<schema::SafeGetOptions>(rpc);
    if (!Knows(request.rootindex().index())) {
      return Refuse(WireCode::kInvalidArgument, "invalid root index");
    }
    return GetProven(request);
  }
  if (rpc.method == "BySafeIndex") {
    const auto request = Parse<schema::SafeIndexOptions>(rpc);
    if (request.index() >= ledger.entries.size()) {
      return Refuse(WireCode::kNotFound, "index not found");
    }
    if (!Knows(request.rootindex().index())) {
      return Refuse(WireCode::kInvalidArgument, "invalid root index");
    }
    return Proven(request.index(), request.rootindex().index());
  }
  return Refuse(WireCode::kUnimplemented, "unknown method");
}

}  // namespace immudb::client
