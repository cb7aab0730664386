#include "catalog/catalog.h"

#include <array>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/log.h"

namespace immudb::catalog {
namespace {

constexpr std::array kBuiltInDatabases = {kDefaultDatabase, kSystemDatabase};
// A ledger's origin names the server it was made by, for ever.
constexpr std::string_view kOriginPrefix = "immudb/";

std::string Origin(std::string_view server_id, std::string_view database) {
  return Text("{}{}/{}", kOriginPrefix, server_id, database);
}

// The identity within the origin of a ledger that OpenDatabase created.
Result<ServerId> IdentityOf(std::string_view origin) {
  if (origin.starts_with(kOriginPrefix)) {
    origin.remove_prefix(kOriginPrefix.size());
    return ParseServerId(origin.substr(0, origin.find('/')));
  }
  return Fail(Code::kInvalidArgument, "origin {} names no server", origin);
}

}  // namespace

Result<std::unique_ptr<Catalog>> Catalog::Open(const CatalogContext& context,
                                               std::string directory) {
  IMMUDB_ASSIGN(auto taken, DataDirectory::Take(context.files, std::move(directory)));
  std::unique_ptr<Catalog> catalog(new Catalog(context, std::move(taken)));
  IMMUDB_TRY(catalog->OpenAll());
  return catalog;
}

Catalog::~Catalog() {
  const Status closed = Close();
  if (!closed) Log(LogLevel::kError, "closing the databases: {}", closed.error().message);
}

Status Catalog::OpenAll() {
  IMMUDB_ASSIGN(users_file_, directory_->ReadUsers());
  if (users_file_) {
    for (const std::string_view name : kBuiltInDatabases) {
      IMMUDB_ASSIGN(const bool exists, directory_->HasDatabase(std::string(name)));
      if (exists) continue;
      return Fail(Code::kCorrupted, "database {} is missing from {}; restore it from a backup",
                  name, directory_->path());
    }
  }
  IMMUDB_TRY(context_.random.Fill(id_));
  server_id_ = ServerIdText(id_);
  IMMUDB_TRY(OpenDatabase(kDefaultDatabase));
  IMMUDB_TRY(OpenIdentity());
  IMMUDB_TRY(OpenDatabase(kSystemDatabase));
  IMMUDB_TRY(CheckComplete());
  audit_ = std::make_unique<AuditTrail>(*databases_.find(kSystemDatabase)->second, context_.clock);
  return {};
}

Status Catalog::OpenDatabase(std::string_view name) {
  const std::string path = directory_->DatabasePath(std::string(name));
  IMMUDB_ASSIGN(const bool exists, context_.files.Exists(path));
  if (!exists) IMMUDB_TRY(context_.engine.CreateLedger(path, Origin(server_id_, name)));
  IMMUDB_ASSIGN(auto ledger, context_.engine.OpenLedger(path));
  databases_.emplace(name, std::move(ledger));
  return {};
}

// The identity is in the file that tools look for, and in the origin of defaultdb, which survives
// the loss of that file and the crash of a first start before it was written.
Status Catalog::OpenIdentity() {
  IMMUDB_ASSIGN(const std::optional<ServerId> stored, directory_->ReadServerId());
  if (stored) {
    id_ = *stored;
  } else {
    const Ledger& ledger = *databases_.find(kDefaultDatabase)->second;
    const Result<ServerId> original = IdentityOf(ledger.origin());
    if (!original) {
      return Fail(Code::kCorrupted,
                  "{} holds no immudb.identifier and its ledger does not tell it either; restore "
                  "the file from a backup",
                  directory_->DatabasePath(std::string(kDefaultDatabase)));
    }
    id_ = *original;
    IMMUDB_TRY(directory_->StoreServerId(id_));
  }
  server_id_ = ServerIdText(id_);
  return {};
}

// Without a users file nobody could ever log in, so there is nothing anybody wrote: or else the
// file was lost, and making a new one would give the data to whoever knows the default password.
Status Catalog::CheckComplete() const {
  if (users_file_) return {};
  for (const auto& [name, ledger] : databases_) {
    if (ledger->statistics().entries == 0) continue;
    return Fail(Code::kCorrupted,
                "the users file is missing from {} although database {} holds entries; restore it "
                "from a backup",
                directory_->path(), name);
  }
  return {};
}

Ledger* Catalog::Find(std::string_view database) const {
  if (database == kSystemDatabase) return nullptr;
  const auto found = databases_.find(database);
  return found == databases_.end() ? nullptr : found->second.get();
}

bool Catalog::audit_trail_is_empty() const {
  return databases_.find(kSystemDatabase)->second->statistics().entries == 0;
}

Status Catalog::Close() {
  if (audit_) audit_->WriteFailedLogins(AuditTrail::Sums::kAll);
  Status first;
  for (const auto& [name, ledger] : databases_) {
    Status closed = ledger->Close();
    if (!closed && first) first = std::move(closed);
  }
  return first;
}

}  // namespace immudb::catalog
