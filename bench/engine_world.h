// A ledger to be measured, and how one measurement becomes a row.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "immudb/engine.h"
#include "options.h"
#include "report.h"

namespace immudb::bench {

std::string NameOf(Durability durability);

// A ledger in a folder of its own, which is removed afterwards.
class World {
 public:
  // Makes a new ledger in `directory`, instead of what is there.
  World(std::string directory, Durability durability);
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World();

  Ledger& ledger() { return *ledger_; }
  const std::string& directory() const { return directory_; }
  // Closes the ledger in good order.
  void Close();
  // Opens the ledger again, with an engine of its own, however it was left.
  void Open();

 private:
  std::string directory_;
  Durability durability_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Ledger> ledger_;
};

// Runs `work`, which does something to `count` entries.
Row Measure(const std::string& name, std::uint64_t count, Ledger& ledger,
            const std::function<void()>& work);

// Commits entries number [first, last) of the random keys, in batches from some threads. A batch
// for which the engine has no room now is tried again; returns how often that was.
std::uint64_t WriteRandom(Ledger& ledger, std::uint64_t first, std::uint64_t last);

// One word for a count of entries: 1 M, 20 M, 2500.
std::string CountName(std::uint64_t entries);

}  // namespace immudb::bench
