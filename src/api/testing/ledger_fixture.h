// A whole service in memory with the real engine, whose threads commit while the test goes on;
// the service's own work still runs when the test says.

#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "api/testing/service_fixture.h"
#include "base/executor.h"
#include "ledger/engine.h"

namespace immudb::api {

class LedgerFixture : public ServiceFixture {
 protected:
  Engine& engine() override { return *real_engine_; }
  void WaitFor(FakeCaller& caller) override { caller.WaitForAnswer(); }

 private:
  ThreadPool committers_{1, "committer"};
  ThreadPool syncers_{1, "sync"};
  ThreadPool maintenance_{1, "maintenance"};
  ThreadPool merges_{1, "merges"};
  const std::unique_ptr<Engine> real_engine_ =
      ledger::MakeEngine({.batch_rules = BatchRules::kImmudb081}, {.files = files_,
                                                                   .clock = clock_,
                                                                   .random = random_,
                                                                   .committers = committers_,
                                                                   .syncers = syncers_,
                                                                   .maintenance = maintenance_,
                                                                   .merges = merges_});
};

}  // namespace immudb::api
