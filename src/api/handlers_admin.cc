#include "api/handlers_admin.h"

#include <admin.pb.h>
#include <google/protobuf/empty.pb.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "api/acts.h"
#include "api/gate.h"
#include "api/messages.h"
#include "api/pooled_stream.h"
#include "api/root_signer.h"
#include "api/status.h"
#include "api/wire.h"
#include "base/error.h"
#include "base/hex.h"
#include "catalog/names.h"
#include "immudb/cursor.h"
#include "ledger/snapshot.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;

constexpr std::uint32_t kAuditEntriesMax = 1000;
constexpr std::uint64_t kAuditBytesMax = 1u << 20;
// With its field's head, a message stays below 1 MiB.
constexpr std::size_t kPieceDataBytes = (1u << 20) - 16;

// The session of the superadmin, or why the call is refused.
std::optional<RpcStatus> EnterAsSuperadmin(Context& context) {
  const Environment& environment = *context.environment;
  if (!environment.auth_is_on) {
    context.session = auth::MaintenanceSession(std::string(catalog::kDefaultDatabase));
    return std::nullopt;
  }
  std::variant<auth::Session, RpcStatus> session =
      RequireSession(context, {rpc::StatusCode::kUnauthenticated, "please login first"});
  if (auto* refusal = std::get_if<RpcStatus>(&session)) return std::move(*refusal);
  context.session = std::get<auth::Session>(std::move(session));
  if (context.session.is_superadmin()) return std::nullopt;
  return RpcStatus{rpc::StatusCode::kPermissionDenied,
                   "you do not have permission for this operation"};
}

std::string AsText(const Digest& root) {
  return {root.begin(), root.end()};
}

// A state to copy, which the server gives out as a root: with a signing key, one that it may sign.
Result<TreeHead> HeadFor(const Environment& environment, const std::string& database,
                         const Ledger& ledger) {
  if (environment.signer == nullptr) return ledger.Head();
  IMMUDB_ASSIGN(const SignedRoot root, environment.signer->Sign(database, ledger));
  return root.head;
}

Result<std::shared_ptr<ledger::SnapshotSource>> OpenSnapshot(Environment& environment,
                                                             const std::string& database) {
  catalog::LedgerHandle handle;
  if (database != catalog::kSystemDatabase) {
    IMMUDB_ASSIGN(handle, environment.catalog.OpenDatabase(database));
  }
  const Ledger& ledger = handle == nullptr ? environment.catalog.audit_ledger() : *handle;
  IMMUDB_ASSIGN(const TreeHead head, HeadFor(environment, database, ledger));
  IMMUDB_ASSIGN(std::shared_ptr<ledger::SnapshotSource> source,
                environment.catalog.OpenSnapshot(database, head));
  if (environment.signer != nullptr) {
    IMMUDB_ASSIGN(Bytes signature, environment.signer->SignSnapshot(source->manifest()));
    source->Sign(environment.signer->public_key(), std::move(signature));
  }
  return source;
}

// The next SnapshotPiece, or the end.
Result<StreamTurn> NextPiece(ledger::SnapshotSource& source) {
  IMMUDB_ASSIGN(const Bytes data, source.Read(kPieceDataBytes));
  StreamTurn turn;
  if (data.empty()) return turn;
  turn.kind = StreamTurn::Kind::kMessage;
  AppendBytesField(turn.message, admin::v1::SnapshotPiece::kDataFieldNumber, data);
  return turn;
}

}  // namespace

void Databases(const Context& context, google::protobuf::Empty& /*request*/) {
  Context entered = context;
  if (auto refusal = EnterAsSuperadmin(entered)) return context.Refuse(*std::move(refusal));
  Environment& environment = *context.environment;
  admin::v1::DatabaseStates reply;
  for (const catalog::DatabaseState& state : environment.catalog.DatabaseStates()) {
    const LedgerStatistics& statistics = state.statistics;
    admin::v1::DatabaseState& out = *reply.add_databases();
    out.set_name(state.name);
    out.set_is_open(state.is_open);
    out.set_size(statistics.entries);
    out.set_log_bytes(statistics.log_bytes);
    out.set_derived_bytes(statistics.derived_bytes);
    out.set_damaged(state.failed || statistics.damaged);
    out.set_accepts_writes(statistics.accepts_writes);
    const catalog::LedgerHandle ledger = environment.catalog.Find(state.name);
    const bool is_audit_trail = state.name == catalog::kSystemDatabase;
    if (ledger != nullptr || is_audit_trail) {
      const Ledger& open = is_audit_trail ? environment.catalog.audit_ledger() : *ledger;
      if (const Result<TreeHead> head = open.Head()) {
        out.set_size(head->size.value);
        out.set_root(AsText(head->root));
      }
    }
    if (environment.options.scrub_state == nullptr) continue;
    const ScrubState scrub = environment.options.scrub_state(state.name);
    out.set_scrub_end_unix_us(scrub.end_unix_us);
    out.set_scrub_findings(scrub.findings);
  }
  context.Reply(EncodeMessage(reply));
}

void ReadAuditTrail(const Context& context, admin::v1::AuditRange& request) {
  Context entered = context;
  if (auto refusal = EnterAsSuperadmin(entered)) return context.Refuse(*std::move(refusal));
  const Ledger& trail = context.environment->catalog.audit_ledger();
  const Result<TreeHead> head = trail.Head();
  if (!head) return context.Refuse(head.error());
  admin::v1::AuditPage reply;
  reply.set_size(head->size.value);
  reply.set_root(AsText(head->root));
  const std::uint32_t asked = request.limit() == 0 ? kAuditEntriesMax : request.limit();
  const std::uint64_t left =
      head->size.value - std::min<std::uint64_t>(request.first(), head->size.value);
  const std::uint64_t rows = std::min<std::uint64_t>({asked, kAuditEntriesMax, left});
  if (rows == 0) return context.Reply(EncodeMessage(reply));
  std::vector<LoggedEntry> entries;
  const auto cursor = trail.EntriesFrom({request.first()});
  if (!cursor) return context.Refuse(cursor.error());
  const Result<bool> read = (*cursor)->Read({.rows = rows, .bytes = kAuditBytesMax}, entries);
  if (!read) return context.Refuse(read.error());
  for (const LoggedEntry& logged : entries) {
    admin::v1::AuditEntry& out = *reply.add_entries();
    out.set_index(logged.entry.index.value);
    out.set_key(logged.entry.key.data(), logged.entry.key.size());
    out.set_value(logged.entry.value.data(), logged.entry.value.size());
  }
  context.Reply(EncodeMessage(reply));
}

// It is in the audit trail before the first byte leaves.
void TakeSnapshot(const Context& context, admin::v1::SnapshotRequest& request) {
  Context entered = context;
  if (auto refusal = EnterAsSuperadmin(entered)) return context.Refuse(*std::move(refusal));
  Environment& environment = *context.environment;
  const std::string database =
      request.database().empty() ? std::string(catalog::kDefaultDatabase) : request.database();
  const auto source = OpenSnapshot(environment, database);
  if (!source) return context.Refuse(source.error());
  const TreeHead& head = (*source)->manifest().head;
  const Status recorded = environment.catalog.audit().AppendAndWait(
      {.kind = catalog::EventKind::kSnapshotTaken,
       .actor = entered.session.is_maintenance ? "" : entered.session.user->name,
       .subject = "",
       .address = context.peer().address,
       .reason = "",
       .database = database,
       .detail = Text("{}@{}", ToHex(head.root), head.size.value)});
  if (!recorded) return context.Refuse(recorded.error());
  context.call->FinishWithStream(
      std::make_unique<PooledStream>(entered, [source = *source] { return NextPiece(*source); }));
}

}  // namespace immudb::api
