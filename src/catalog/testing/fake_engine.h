// An engine whose ledgers live in memory (fake_ledger.h), for tests of the layers above.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "catalog/testing/fake_ledger.h"
#include "immudb/engine.h"
#include "io/file_system.h"

namespace immudb::catalog {

// Keeps the ledgers it creates by directory; makes each directory exist in `files`.
class FakeEngine : public Engine {
 public:
  explicit FakeEngine(io::FileSystem& files) : files_(files) {}

  Status CreateLedger(const std::string& directory, const std::string& origin) override {
    const MutexLock lock(mutex_);
    IMMUDB_TRY(files_.CreateDirectory(directory));
    states_[directory] = std::make_unique<FakeLedgerState>();
    states_[directory]->origin = origin;
    return files_.SyncDirectory(io::ParentPath(directory));
  }

  Result<std::unique_ptr<Ledger>> OpenLedger(const std::string& directory) override {
    const MutexLock lock(mutex_);
    IMMUDB_ASSIGN(const bool exists, files_.Exists(directory));
    const auto state = states_.find(directory);
    if (!exists || state == states_.end()) return Fail(Code::kNotFound, "no ledger {}", directory);
    auto ledger = std::make_unique<FakeLedger>(*state->second);
    open_[directory] = ledger.get();
    return std::unique_ptr<Ledger>(std::move(ledger));
  }

  // The ledger opened last in `directory`.
  FakeLedger& ledger(const std::string& directory) { return *open_.at(directory); }
  FakeLedgerState& state(const std::string& directory) { return *states_.at(directory); }

 private:
  io::FileSystem& files_;
  Mutex mutex_;  // Against calls of the engine; tests ask for ledgers when nothing runs.
  std::map<std::string, std::unique_ptr<FakeLedgerState>> states_;
  std::map<std::string, FakeLedger*> open_;
};

}  // namespace immudb::catalog
