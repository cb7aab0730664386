#include "catalog/catalog.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/log.h"
#include "catalog/origin.h"
#include "catalog/signed_root.h"
#include "ledger/inspection.h"

namespace immudb::catalog {
namespace {

constexpr std::array kBuiltInDatabases = {kDefaultDatabase, kSystemDatabase};

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

std::string Catalog::OriginOf(std::string_view database) const {
  return OriginText({.server = id_, .database = std::string(database)});
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
  IMMUDB_TRY(OpenDefaultDatabase());
  IMMUDB_TRY(OpenSystemDatabase());
  IMMUDB_TRY(LoadDatabases());
  IMMUDB_TRY(CheckComplete());
  audit_ = std::make_unique<AuditTrail>(*system_ledger_, context_.clock);
  return {};
}

// The identity is in the file that tools look for, and in the origin of defaultdb, which survives
// the loss of that file and the crash of a first start before it was written.
Status Catalog::OpenDefaultDatabase() {
  const std::string path = directory_->DatabasePath(std::string(kDefaultDatabase));
  IMMUDB_ASSIGN(const bool exists, context_.files.Exists(path));
  ServerId id{};
  if (!exists) {
    IMMUDB_TRY(context_.random.Fill(id));
    id_ = id;
    IMMUDB_TRY(context_.engine.CreateLedger(path, OriginOf(kDefaultDatabase)));
  }
  IMMUDB_ASSIGN(std::unique_ptr<Ledger> ledger, context_.engine.OpenLedger(path));
  IMMUDB_ASSIGN(const std::optional<ServerId> stored, directory_->ReadServerId());
  if (stored) {
    id = *stored;
  } else {
    const Result<Origin> original = ParseOrigin(ledger->origin());
    if (!original) {
      return Fail(Code::kCorrupted,
                  "{} holds no immudb.identifier and its ledger does not tell it either; restore "
                  "the file from a backup",
                  path);
    }
    id = original->server;
    IMMUDB_TRY(directory_->StoreServerId(id));
  }
  id_ = id;
  server_id_ = ServerIdText(id);
  default_ledger_ = databases_.AddOpen(std::string(kDefaultDatabase), path, std::move(ledger));
  return {};
}

Status Catalog::OpenSystemDatabase() {
  const std::string path = directory_->DatabasePath(std::string(kSystemDatabase));
  IMMUDB_ASSIGN(const bool exists, context_.files.Exists(path));
  if (!exists) IMMUDB_TRY(context_.engine.CreateLedger(path, OriginOf(kSystemDatabase)));
  IMMUDB_ASSIGN(system_ledger_, context_.engine.OpenLedger(path));
  return {};
}

// Folders that the file does not name are left by a creation that was cut short: nobody ever saw
// those databases. But a missing file with folders is a lost file.
Status Catalog::LoadDatabases() {
  IMMUDB_ASSIGN(const std::optional<Bytes> bytes, directory_->ReadDatabases());
  IMMUDB_ASSIGN(const std::vector<std::uint32_t> folders, directory_->ListDatabaseFolders());
  if (!bytes && !folders.empty()) {
    return Fail(Code::kCorrupted,
                "the file databases is missing from {} although there are folders of databases; "
                "restore it from a backup",
                directory_->path());
  }
  const MutexLock lock(create_mutex_);
  if (!bytes) return {};
  IMMUDB_ASSIGN(databases_file_, DecodeDatabases(*bytes));
  next_folder_ = databases_file_->next_folder;
  for (const std::uint32_t folder : folders) next_folder_ = std::max(next_folder_, folder + 1);
  std::vector<DatabaseRecord> records = databases_file_->databases;
  std::sort(records.begin(), records.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const DatabaseRecord& record : records) AddUserDatabase(record);
  return {};
}

void Catalog::AddUserDatabase(const DatabaseRecord& record) {
  databases_.Add(record.name, directory_->DatabasePath(DatabaseFolder(record.folder)),
                 OriginOf(record.name));
}

// Without a users file nobody could ever log in, so there is nothing anybody wrote: or else the
// file was lost, and making a new one would give the data to whoever knows the default password.
Status Catalog::CheckComplete() const {
  if (users_file_) return {};
  const bool has_data =
      default_ledger_->statistics().entries > 0 || !audit_trail_is_empty() || has_user_databases();
  if (!has_data) return {};
  return Fail(Code::kCorrupted,
              "the users file is missing from {} although its databases hold entries; restore it "
              "from a backup",
              directory_->path());
}

// The file that names the database is written last: it is what makes it one.
Status Catalog::CreateDatabase(const std::string& name) {
  IMMUDB_TRY(CheckDatabaseName(name));
  const MutexLock lock(create_mutex_);
  if (Contains(name)) return Fail(Code::kExists, "database {} already exists", name);
  if (!databases_file_) {
    // Before the first folder: a folder without a file means that the file was lost.
    IMMUDB_TRY(directory_->StoreDatabases(EncodeDatabases({})));
    databases_file_.emplace();
  }
  const DatabaseRecord record = {.name = name, .folder = next_folder_};
  ++next_folder_;  // Even after a failure, which may leave the folder.
  IMMUDB_TRY(context_.engine.CreateLedger(directory_->DatabasePath(DatabaseFolder(record.folder)),
                                          OriginOf(name)));
  DatabasesFile next = *databases_file_;
  next.next_folder = next_folder_;
  next.databases.push_back(record);
  IMMUDB_TRY(directory_->StoreDatabases(EncodeDatabases(next)));
  databases_file_ = std::move(next);
  AddUserDatabase(record);
  return {};
}

std::optional<std::string> Catalog::FolderOf(std::string_view database) const {
  if (database == kSystemDatabase) return directory_->DatabasePath(std::string(database));
  return databases_.PathOf(database);
}

Result<std::optional<TreeHead>> Catalog::ReadSignedRoot(std::string_view database) const {
  const std::optional<std::string> folder = FolderOf(database);
  if (!folder) return Fail(Code::kNotFound, "{} does not exist", database);
  return catalog::ReadSignedRoot(context_.files, *folder);
}

Status Catalog::StoreSignedRoot(std::string_view database, const TreeHead& head) {
  const std::optional<std::string> folder = FolderOf(database);
  if (!folder) return Fail(Code::kNotFound, "{} does not exist", database);
  return catalog::StoreSignedRoot(context_.files, *folder, head);
}

std::vector<DatabaseState> Catalog::DatabaseStates() const {
  std::vector<DatabaseState> states = databases_.States();
  states.push_back({.name = std::string(kSystemDatabase),
                    .path = directory_->DatabasePath(std::string(kSystemDatabase)),
                    .is_open = true,
                    .statistics = system_ledger_->statistics()});
  return states;
}

Result<InspectionReport> Catalog::Inspect(std::string_view database, InspectionObserver& observer) {
  const std::optional<std::string> folder = FolderOf(database);
  if (!folder) return Fail(Code::kNotFound, "{} does not exist", database);
  std::vector<RecordedRoot> recorded;
  IMMUDB_ASSIGN(const std::optional<TreeHead> signed_root, ReadSignedRoot(database));
  if (signed_root) recorded.push_back({*signed_root, "the root signed last"});
  if (database == kSystemDatabase) return system_ledger_->Inspect(recorded, observer);
  const LedgerHandle ledger = databases_.FindOpen(database);
  if (ledger != nullptr) return ledger->Inspect(recorded, observer);
  Result<InspectionReport> at_rest = ledger::InspectLedger(
      {context_.files, context_.random, observer}, *folder, {.recorded = recorded});
  if (at_rest && at_rest->is_whole()) return at_rest;
  // Somebody may have opened it meanwhile, and have written what was being read.
  IMMUDB_ASSIGN(const LedgerHandle opened, OpenDatabase(database));
  return opened->Inspect(recorded, observer);
}

Result<std::unique_ptr<ledger::SnapshotSource>> Catalog::OpenSnapshot(std::string_view database,
                                                                      const TreeHead& head) const {
  const std::optional<std::string> folder = FolderOf(database);
  if (!folder) return Fail(Code::kNotFound, "{} does not exist", database);
  return ledger::SnapshotSource::Open(context_.files, *folder, head, context_.clock.NowUnixUs());
}

bool Catalog::audit_trail_is_empty() const {
  return system_ledger_->statistics().entries == 0;
}

Status Catalog::Close() {
  if (audit_) audit_->WriteFailedLogins(AuditTrail::Sums::kAll);
  Status first = databases_.CloseAll();
  if (system_ledger_ == nullptr) return first;
  Status closed = system_ledger_->Close();
  return first ? closed : first;
}

}  // namespace immudb::catalog
