#include "ledger/engine.h"

#include <utility>

#include "immudb/engine.h"
#include "io/posix_file_system.h"
#include "ledger/environment.h"
#include "ledger/ledger_impl.h"
#include "ledger/opening.h"

namespace immudb {
namespace ledger {
namespace {

class EngineImpl : public Engine {
 public:
  EngineImpl(const EngineOptions& options, const Surroundings& surroundings)
      : options_(options),
        cache_(options.block_cache_bytes),
        memtables_(options.memtable_bytes),
        submit_queue_(options.submit_queue_bytes),
        merge_rate_(surroundings.clock, options.merge_bytes_per_second),
        environment_{.files = surroundings.files,
                     .clock = surroundings.clock,
                     .random = surroundings.random,
                     .committers = surroundings.committers,
                     .syncers = surroundings.syncers,
                     .maintenance = surroundings.maintenance,
                     .merges = surroundings.merges,
                     .cache = cache_,
                     .memtables = memtables_,
                     .submit_queue = submit_queue_,
                     .unmarked_damage = unmarked_damage_,
                     .merge_rate = merge_rate_,
                     .options = options_} {}

  Status CreateLedger(const std::string& directory, const std::string& origin) override {
    return CreateStorage(environment_, directory, origin);
  }

  Result<std::unique_ptr<Ledger>> OpenLedger(const std::string& directory) override {
    Result<OpenedStorage> opened = OpenStorage(environment_, directory);
    if (!opened) return std::move(opened).error();
    return std::make_unique<LedgerImpl>(*std::move(opened), environment_);
  }

 private:
  const EngineOptions options_;
  io::BlockCache cache_;
  index::MemoryBudget memtables_;
  ByteBudget submit_queue_;
  UnmarkedDamage unmarked_damage_;
  RateLimit merge_rate_;
  const Environment environment_;
};

// Owns what a program that embeds the engine does not want to bring.
class StandaloneEngine : public Engine {
 public:
  explicit StandaloneEngine(const EngineOptions& options)
      : committers_(options.committer_threads, "committer"),
        syncers_(options.sync_threads, "sync"),
        maintenance_(1, "maintenance"),
        merges_(1, "merges"),
        engine_(MakeEngine(options, {.files = files_,
                                     .clock = clock_,
                                     .random = random_,
                                     .committers = committers_,
                                     .syncers = syncers_,
                                     .maintenance = maintenance_,
                                     .merges = merges_})) {}

  Status CreateLedger(const std::string& directory, const std::string& origin) override {
    return engine_->CreateLedger(directory, origin);
  }
  Result<std::unique_ptr<Ledger>> OpenLedger(const std::string& directory) override {
    return engine_->OpenLedger(directory);
  }

 private:
  io::PosixFileSystem files_;
  SystemClock clock_;
  crypto::SystemRandom random_;
  ThreadPool committers_;
  ThreadPool syncers_;
  ThreadPool maintenance_;
  ThreadPool merges_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace

std::unique_ptr<Engine> MakeEngine(const EngineOptions& options, const Surroundings& surroundings) {
  return std::make_unique<EngineImpl>(options, surroundings);
}

}  // namespace ledger

Result<std::unique_ptr<Engine>> Engine::Create(const EngineOptions& options) {
  return std::make_unique<ledger::StandaloneEngine>(options);
}

}  // namespace immudb
