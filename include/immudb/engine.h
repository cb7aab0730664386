// The engine: the threads, caches and limits that all ledgers of a process share.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "immudb/ledger.h"
#include "immudb/result.h"

namespace immudb {

// What a batch may be, beyond what the file format can hold.
enum class BatchRules : std::uint8_t {
  kFormat,     // Any number of entries, up to 64 MiB; a key may stand in it more than once.
  kImmudb081,  // As immudb 0.8.1: its limits of count and bytes, no key twice.
};

struct EngineOptions {
  Durability durability = Durability::kDurable;
  BatchRules batch_rules = BatchRules::kFormat;
  std::uint32_t committer_threads = 1;
  std::uint32_t sync_threads = 2;
  std::uint64_t block_cache_bytes = 64u << 20;
  std::uint64_t memtable_bytes = 128u << 20;       // Over all ledgers.
  std::uint64_t submit_queue_bytes = 32u << 20;    // Over all ledgers; full: kExhausted.
  std::uint64_t log_segment_bytes = 256u << 20;    // A segment ends at the first group beyond this.
  std::uint64_t checkpoint_log_bytes = 64u << 20;  // A checkpoint is due after so much new log.
  std::uint64_t reserve_bytes = 4u << 20;  // Of each ledger, for checkpoints on a full disk.
  // Of merging index files, over all ledgers; 0: no limit.
  std::uint64_t merge_bytes_per_second = 64u << 20;
};

// Must outlive the ledgers it opened. Thread-safe.
class Engine {
 public:
  // Starts the threads. Errors: kUnavailable if they cannot be started.
  static Result<std::unique_ptr<Engine>> Create(const EngineOptions& options);

  virtual ~Engine() = default;

  // Creates the ledger `directory`, which must not exist: it appears whole or not at all. `origin`
  // names the ledger for ever, in its meta file. Errors: kExists, kDenied, kExhausted, kIo.
  virtual Status CreateLedger(const std::string& directory, const std::string& origin) = 0;

  // Opens an existing ledger, recovering what a crash left. One process may open a directory at a
  // time; the caller sees to that (the server locks the data directory).
  // Errors: kNotFound; kUnsupported (a newer format); kCorrupted (the log cannot be read at all);
  // kDenied, kExhausted, kIo. A ledger with damage in acknowledged data opens: see
  // LedgerStatistics::damaged.
  virtual Result<std::unique_ptr<Ledger>> OpenLedger(const std::string& directory) = 0;
};

}  // namespace immudb
