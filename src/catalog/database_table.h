// The databases of a data directory by name, each opened when it is first used. Only so many stay
// open: those that were not used for longest are closed with a checkpoint, so that a thousand
// databases need neither the memory nor the open files of a thousand ledgers.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "immudb/engine.h"
#include "immudb/ledger.h"
#include "immudb/result.h"

namespace immudb::catalog {

// An open ledger, which is not closed while anybody but the table holds it. Shared by the table and
// the calls under way.
using LedgerHandle = std::shared_ptr<Ledger>;

struct DatabaseState {
  std::string name;
  std::string path;
  bool is_open = false;
  bool failed = false;          // The last attempt to open it.
  LedgerStatistics statistics;  // As of now, or as of its closing; all zero if it was never open.
};

// Thread-safe.
class DatabaseTable {
 public:
  // `engine` must outlive the table.
  DatabaseTable(Engine& engine, std::size_t open_max) : open_max_(open_max), engine_(engine) {}
  ~DatabaseTable();
  DatabaseTable(const DatabaseTable&) = delete;
  DatabaseTable& operator=(const DatabaseTable&) = delete;

  // Adds a database whose ledger lies at `path` and was created as `origin`. Requires: a new name.
  void Add(const std::string& name, std::string path, std::string origin);

  // Adds a database that is open already, and returns its handle. Requires: a new name.
  LedgerHandle AddOpen(const std::string& name, std::string path, std::unique_ptr<Ledger> ledger);

  bool Contains(std::string_view name) const;

  // The ledger of `name`, or null if it is not open or there is no such database. Never blocks.
  LedgerHandle FindOpen(std::string_view name) const;

  // The ledger of `name`, opened if need be; then others may be closed. Blocks.
  // Errors: kNotFound if there is no such database; kCorrupted if its folder is missing or holds
  // another ledger; kClosed after CloseAll; those of Engine::OpenLedger.
  Result<LedgerHandle> Open(std::string_view name);

  // Where the ledger of `name` lies, if there is such a database.
  std::optional<std::string> PathOf(std::string_view name) const;

  std::size_t size() const;
  std::vector<std::string> Names() const;  // In the order they were added.
  std::vector<DatabaseState> States() const;

  // Closes every open ledger, those in use too, and opens none from now on. Idempotent. Returns the
  // first error, having tried all.
  Status CloseAll();

 private:
  struct Database {
    std::string name;
    std::string path;
    std::string origin;
    LedgerHandle ledger = nullptr;  // Null: not open.
    bool is_busy = false;           // Some thread opens or closes it.
    bool failed = false;
    std::uint64_t last_use = 0;
    LedgerStatistics last_statistics;
  };

  Database& AddLocked(const std::string& name, std::string path, std::string origin)
      IMMUDB_REQUIRES(mutex_);
  Result<std::unique_ptr<Ledger>> OpenLedger(const Database& database);
  // Marks databases that are to be closed as busy and returns them.
  std::vector<Database*> TakeSurplus() IMMUDB_REQUIRES(mutex_);
  void CloseSurplus() IMMUDB_EXCLUDES(mutex_);

  const std::size_t open_max_;
  Engine& engine_;

  mutable Mutex mutex_;
  ConditionVariable idle_;  // Some database is not busy any more.
  mutable std::uint64_t uses_ IMMUDB_GUARDED_BY(mutex_) = 0;
  bool closed_ IMMUDB_GUARDED_BY(mutex_) = false;
  std::size_t open_ IMMUDB_GUARDED_BY(mutex_) = 0;
  std::vector<std::unique_ptr<Database>> databases_ IMMUDB_GUARDED_BY(mutex_);
  std::map<std::string, Database*, std::less<>> by_name_ IMMUDB_GUARDED_BY(mutex_);
};

}  // namespace immudb::catalog
