// The engine with its surroundings as parameters: a test or a simulation brings its own files,
// time, randomness and executors.

#pragma once

#include <memory>

#include "base/clock.h"
#include "base/executor.h"
#include "crypto/random.h"
#include "immudb/engine.h"
#include "io/file_system.h"

namespace immudb::ledger {

struct Surroundings {
  io::FileSystem& files;
  const Clock& clock;
  crypto::RandomSource& random;
  Executor& committers;
  Executor& syncers;
  Executor& maintenance;
  Executor& merges;
};

// Everything in `surroundings` must outlive the engine.
std::unique_ptr<Engine> MakeEngine(const EngineOptions& options, const Surroundings& surroundings);

}  // namespace immudb::ledger
