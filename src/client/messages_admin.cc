#include <admin.pb.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "client/messages.h"
#include "client/protobuf_bytes.h"

namespace immudb::client {
namespace {

namespace wire = admin::v1;

// Without a root of 32 bytes nothing is known of it.
bool CopyRoot(const std::string& bytes, Digest& root) {
  if (bytes.size() != root.size()) return false;
  std::copy(bytes.begin(), bytes.end(), root.begin());
  return true;
}

}  // namespace

Bytes EncodeAuditRange(LeafIndex first, std::uint32_t limit) {
  wire::AuditRange message;
  message.set_first(first.value);
  message.set_limit(limit);
  return Encode(message);
}

Bytes EncodeSnapshotRequest(const std::string& database) {
  wire::SnapshotRequest message;
  message.set_database(database);
  return Encode(message);
}

Result<std::vector<DatabaseState>> DecodeDatabaseStates(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<wire::DatabaseStates>(body));
  std::vector<DatabaseState> states;
  states.reserve(static_cast<std::size_t>(message.databases_size()));
  for (const wire::DatabaseState& given : message.databases()) {
    DatabaseState& state = states.emplace_back();
    state.name = given.name();
    state.is_open = given.is_open();
    state.head.size = {given.size()};
    state.has_root = CopyRoot(given.root(), state.head.root);
    state.log_bytes = given.log_bytes();
    state.derived_bytes = given.derived_bytes();
    state.damaged = given.damaged();
    state.accepts_writes = given.accepts_writes();
  }
  return states;
}

Result<AuditPage> DecodeAuditPage(const Bytes& body) {
  IMMUDB_ASSIGN(const auto message, Parse<wire::AuditPage>(body));
  AuditPage page{.entries = {}, .head = {.size = {message.size()}}};
  if (!CopyRoot(message.root(), page.head.root)) {
    return Fail(Code::kTampered, "the root of the audit trail has {} bytes", message.root().size());
  }
  page.entries.reserve(static_cast<std::size_t>(message.entries_size()));
  for (const wire::AuditEntry& given : message.entries()) {
    page.entries.push_back({.index = {given.index()},
                            .key = {given.key().begin(), given.key().end()},
                            .value = {given.value().begin(), given.value().end()}});
  }
  return page;
}

Result<std::string> DecodeSnapshotPiece(const Bytes& body) {
  IMMUDB_ASSIGN(auto message, Parse<wire::SnapshotPiece>(body));
  return std::move(*message.mutable_data());
}

}  // namespace immudb::client
