// The databases of a data directory, each a ledger, and what a server keeps beside them: its
// identity, the users file and the audit trail.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "catalog/audit_trail.h"
#include "catalog/data_directory.h"
#include "catalog/names.h"
#include "catalog/server_id.h"
#include "crypto/random.h"
#include "immudb/bytes.h"
#include "immudb/engine.h"
#include "immudb/ledger.h"
#include "immudb/result.h"
#include "io/file_system.h"

namespace immudb::catalog {

// What a catalog is opened with; all of it must outlive the catalog.
struct CatalogContext {
  io::FileSystem& files;
  Engine& engine;
  crypto::RandomSource& random;
  const Clock& clock;
};

// A first start creates defaultdb, its identity and systemdb, and last of all the caller stores the
// users file: until then a start that was cut short goes on where it stopped. Once there are users
// or entries, whatever is missing is damage, and nothing is made anew in its place.
//
// Thread-safe after Open, StoreUsers and Close aside: one thread at a time.
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

  // The ledger of a database that clients may work on, or null. Valid as long as the catalog.
  Ledger* Find(std::string_view database) const;

  // As clients see it: 20 characters.
  const std::string& server_id() const { return server_id_; }

  AuditTrail& audit() { return *audit_; }
  // True until the first event of this directory was written.
  bool audit_trail_is_empty() const;

  // Writes what the audit trail holds back and closes the databases. Idempotent. Returns the first
  // error, having tried all.
  Status Close();

 private:
  Catalog(const CatalogContext& context, std::unique_ptr<DataDirectory> directory)
      : context_(context), directory_(std::move(directory)) {}

  Status OpenAll();
  Status OpenDatabase(std::string_view name);
  Status OpenIdentity();
  Status CheckComplete() const;

  const CatalogContext context_;
  std::unique_ptr<DataDirectory> directory_;
  std::optional<Bytes> users_file_;
  ServerId id_{};
  std::string server_id_;
  std::map<std::string, std::unique_ptr<Ledger>, std::less<>> databases_;  // With systemdb.
  std::unique_ptr<AuditTrail> audit_;
};

}  // namespace immudb::catalog
