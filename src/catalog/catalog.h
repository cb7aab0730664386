// The databases of a data directory, each a ledger, and what a server keeps beside them: its
// identity, the users file and the audit trail.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "catalog/audit_trail.h"
#include "catalog/data_directory.h"
#include "catalog/database_table.h"
#include "catalog/databases_file.h"
#include "catalog/names.h"
#include "catalog/server_id.h"
#include "crypto/random.h"
#include "immudb/bytes.h"
#include "immudb/engine.h"
#include "immudb/inspection.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "io/file_system.h"
#include "ledger/snapshot.h"

namespace immudb::catalog {

// What a catalog is opened with; all of it must outlive the catalog.
struct CatalogContext {
  io::FileSystem& files;
  Engine& engine;
  crypto::RandomSource& random;
  const Clock& clock;
  // Of the databases that users created, so many stay open; see DatabaseTable.
  std::size_t open_databases_max = 256;
};

// A first start creates defaultdb, its identity and systemdb, and last of all the caller stores the
// users file: until then a start that was cut short goes on where it stopped. Once there are users
// or entries, whatever is missing is damage, and nothing is made anew in its place.
//
// Thread-safe after Open; StoreUsers and Close by one thread at a time.
class Catalog {
 public:
  // Takes the data directory and opens its databases.
  // Errors: as DataDirectory::Take and Engine::OpenLedger; kCorrupted if a file or database that
  // should be there is missing or damaged.
  static Result<std::unique_ptr<Catalog>> Open(const CatalogContext& context,
                                               std::string directory);

  ~Catalog();
  Catalog(const Catalog&) = delete;
  Catalog& operator=(const Catalog&) = delete;

  // The users file as found by Open; absent at a first start, which must then store one.
  const std::optional<Bytes>& users_file() const { return users_file_; }

  // Replaces the users file. Errors: as DataDirectory::StoreUsers.
  Status StoreUsers(BytesView file) { return directory_->StoreUsers(file); }

  // Whether there is a database of that name that clients may work on.
  bool Contains(std::string_view database) const { return databases_.Contains(database); }

  // The ledger of such a database, or null if it is not open. defaultdb always is. Never blocks.
  LedgerHandle Find(std::string_view database) const { return databases_.FindOpen(database); }

  // The ledger of such a database, opened if need be. Blocks. Errors: as DatabaseTable::Open.
  Result<LedgerHandle> OpenDatabase(std::string_view database) { return databases_.Open(database); }

  // Creates a database, which appears whole or not at all. Blocks.
  // Errors: kInvalidArgument for a name that may be none; kExists; those of Engine::CreateLedger
  // and io::ReplaceFile, and then there is no such database, though after kIo the next start may
  // show it.
  Status CreateDatabase(const std::string& name) IMMUDB_EXCLUDES(create_mutex_);

  // The newest root of a database that was signed, if any was; see signed_root.h. The audit trail
  // is one here, too. Both block.
  // Errors: kNotFound if there is no such database; those of DecodeSignedRoot, io::ReadFile and
  // io::ReplaceFile.
  Result<std::optional<TreeHead>> ReadSignedRoot(std::string_view database) const;
  Status StoreSignedRoot(std::string_view database, const TreeHead& head);

  // Names: defaultdb, then those that users created, at a start by name and later as they come.
  std::vector<std::string> DatabaseNames() const { return databases_.Names(); }
  bool has_user_databases() const { return databases_.size() > 1; }

  // Of all databases, the audit trail included and last.
  std::vector<DatabaseState> DatabaseStates() const;

  // Reads all files of a database again, the audit trail's too, and compares them with each other
  // and with the roots that were given out; blocks for long. One at rest stays so, unless it seems
  // to be damaged: it is opened then, to be sure, and so that it is marked.
  // Errors: kNotFound if there is no such database; as Ledger::Inspect and Engine::OpenLedger.
  Result<InspectionReport> Inspect(std::string_view database, InspectionObserver& observer);

  // As clients see it: 20 characters.
  const std::string& server_id() const { return server_id_; }

  // A copy of a database at `head`, a state that it has given out; see ledger/snapshot.h. Blocks.
  // Errors: kNotFound if there is no such database; those of SnapshotSource::Open.
  Result<std::unique_ptr<ledger::SnapshotSource>> OpenSnapshot(std::string_view database,
                                                               const TreeHead& head) const;

  AuditTrail& audit() { return *audit_; }
  // The ledger that it is written to.
  const Ledger& audit_ledger() const { return *system_ledger_; }
  // True until the first event of this directory was written.
  bool audit_trail_is_empty() const;

  // Writes what the audit trail holds back and closes the databases. Idempotent. Returns the first
  // error, having tried all.
  Status Close();

 private:
  Catalog(const CatalogContext& context, std::unique_ptr<DataDirectory> directory)
      : context_(context),
        directory_(std::move(directory)),
        databases_(context.engine, context.open_databases_max) {}

  Status OpenAll();
  Status OpenDefaultDatabase();
  Status OpenSystemDatabase();
  Status LoadDatabases();
  Status CheckComplete() const;
  std::string OriginOf(std::string_view database) const;
  std::optional<std::string> FolderOf(std::string_view database) const;
  void AddUserDatabase(const DatabaseRecord& record);

  const CatalogContext context_;
  std::unique_ptr<DataDirectory> directory_;
  std::optional<Bytes> users_file_;
  ServerId id_{};
  std::string server_id_;        // Its text.
  DatabaseTable databases_;      // Without systemdb.
  LedgerHandle default_ledger_;  // Keeps it open.
  std::unique_ptr<Ledger> system_ledger_;
  std::unique_ptr<AuditTrail> audit_;

  Mutex create_mutex_;  // Held while a database is created.
  std::optional<DatabasesFile> databases_file_ IMMUDB_GUARDED_BY(create_mutex_);
  std::uint32_t next_folder_ IMMUDB_GUARDED_BY(create_mutex_) = 1;
};

}  // namespace immudb::catalog
