#include "catalog/database_table.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/log.h"

namespace immudb::catalog {

DatabaseTable::~DatabaseTable() {
  if (const Status closed = CloseAll(); !closed) {
    Log(LogLevel::kError, "closing the databases: {}", closed.error().message);
  }
}

DatabaseTable::Database& DatabaseTable::AddLocked(const std::string& name, std::string path,
                                                  std::string origin) {
  auto database = std::make_unique<Database>();
  database->name = name;
  database->path = std::move(path);
  database->origin = std::move(origin);
  const bool is_new = by_name_.emplace(name, database.get()).second;
  IMMUDB_CHECK(is_new);
  databases_.push_back(std::move(database));
  return *databases_.back();
}

void DatabaseTable::Add(const std::string& name, std::string path, std::string origin) {
  const MutexLock lock(mutex_);
  AddLocked(name, std::move(path), std::move(origin));
}

LedgerHandle DatabaseTable::AddOpen(const std::string& name, std::string path,
                                    std::unique_ptr<Ledger> ledger) {
  const MutexLock lock(mutex_);
  Database& database = AddLocked(name, std::move(path), ledger->origin());
  database.ledger = LedgerHandle(std::move(ledger));
  ++open_;
  return database.ledger;
}

bool DatabaseTable::Contains(std::string_view name) const {
  const MutexLock lock(mutex_);
  return by_name_.contains(name);
}

LedgerHandle DatabaseTable::FindOpen(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  Database& database = *found->second;
  if (database.ledger == nullptr || database.is_busy) return nullptr;
  database.last_use = ++uses_;
  return database.ledger;
}

Result<LedgerHandle> DatabaseTable::Open(std::string_view name) {
  Database* database = nullptr;
  {
    const MutexLock lock(mutex_);
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return Fail(Code::kNotFound, "{} does not exist", name);
    database = found->second;
    while (database->is_busy) idle_.Wait(mutex_);
    if (closed_) return Fail(Code::kClosed, "the databases are closed");
    database->last_use = ++uses_;
    if (database->ledger != nullptr) return database->ledger;
    database->is_busy = true;
  }

  Result<std::unique_ptr<Ledger>> opened = OpenLedger(*database);
  LedgerHandle ledger = opened ? LedgerHandle(*std::move(opened)) : nullptr;
  {
    const MutexLock lock(mutex_);
    database->is_busy = false;
    database->failed = ledger == nullptr;
    database->ledger = ledger;
    if (ledger != nullptr) ++open_;
    idle_.NotifyAll();
  }
  if (ledger == nullptr) return std::move(opened).error();
  CloseSurplus();
  return ledger;
}

Result<std::unique_ptr<Ledger>> DatabaseTable::OpenLedger(const Database& database) {
  Result<std::unique_ptr<Ledger>> opened = engine_.OpenLedger(database.path);
  if (!opened && opened.error().code == Code::kNotFound) {
    return Fail(Code::kCorrupted, "database {} is missing from {}; restore it from a backup",
                database.name, database.path);
  }
  if (opened && (*opened)->origin() != database.origin) {
    return Fail(Code::kCorrupted, "{} holds the ledger {} and not that of database {}",
                database.path, (*opened)->origin(), database.name);
  }
  return opened;
}

std::vector<DatabaseTable::Database*> DatabaseTable::TakeSurplus() {
  std::vector<Database*> idle;
  for (const auto& database : databases_) {
    // No handle can be made while the mutex is held, so a count of one stays one.
    const bool is_idle = database->ledger != nullptr && database->ledger.use_count() == 1;
    if (is_idle && !database->is_busy) idle.push_back(database.get());
  }
  const std::size_t surplus = std::min(idle.size(), open_ > open_max_ ? open_ - open_max_ : 0);
  std::partial_sort(idle.begin(), idle.begin() + static_cast<std::ptrdiff_t>(surplus), idle.end(),
                    [](const Database* a, const Database* b) { return a->last_use < b->last_use; });
  idle.resize(surplus);
  for (Database* database : idle) database->is_busy = true;
  return idle;
}

void DatabaseTable::CloseSurplus() {
  std::vector<Database*> surplus;
  {
    const MutexLock lock(mutex_);
    if (open_ <= open_max_) return;
    surplus = TakeSurplus();
  }
  for (Database* database : surplus) {
    // Busy, so that nobody else touches its ledger.
    if (const Status closed = database->ledger->Close(); !closed) {
      Log(LogLevel::kError, "closing database {}: {}", database->name, closed.error().message);
    }
    const LedgerStatistics statistics = database->ledger->statistics();
    LedgerHandle closed_ledger;
    {
      const MutexLock lock(mutex_);
      closed_ledger = std::exchange(database->ledger, nullptr);
    }
    closed_ledger.reset();  // Before anybody may open it anew.
    const MutexLock lock(mutex_);
    database->last_statistics = statistics;
    database->is_busy = false;
    --open_;
    idle_.NotifyAll();
  }
}

std::optional<std::string> DatabaseTable::PathOf(std::string_view name) const {
  const MutexLock lock(mutex_);
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return std::nullopt;
  return found->second->path;
}

std::size_t DatabaseTable::size() const {
  const MutexLock lock(mutex_);
  return databases_.size();
}

std::vector<std::string> DatabaseTable::Names() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> names;
  names.reserve(databases_.size());
  for (const auto& database : databases_) names.push_back(database->name);
  return names;
}

std::vector<DatabaseState> DatabaseTable::States() const {
  std::vector<DatabaseState> states;
  std::vector<LedgerHandle> ledgers;
  {
    const MutexLock lock(mutex_);
    for (const auto& database : databases_) {
      ledgers.push_back(database->is_busy ? nullptr : database->ledger);
      states.push_back({.name = database->name,
                        .path = database->path,
                        .is_open = ledgers.back() != nullptr,
                        .failed = database->failed,
                        .statistics = database->last_statistics});
    }
  }
  for (std::size_t i = 0; i < states.size(); ++i) {
    if (ledgers[i] != nullptr) states[i].statistics = ledgers[i]->statistics();
  }
  return states;
}

Status DatabaseTable::CloseAll() {
  std::vector<LedgerHandle> ledgers;
  {
    const MutexLock lock(mutex_);
    closed_ = true;
    for (const auto& database : databases_) {
      while (database->is_busy) idle_.Wait(mutex_);
      if (database->ledger != nullptr) ledgers.push_back(database->ledger);
    }
  }
  Status first;
  for (const LedgerHandle& ledger : ledgers) {
    Status closed = ledger->Close();
    if (!closed && first) first = std::move(closed);
  }
  return first;
}

}  // namespace immudb::catalog
