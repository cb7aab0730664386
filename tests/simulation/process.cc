// The part of Simulation that is about the process: how it ends, and what the next one finds.

#include <algorithm>
#include <array>

#include "immudb/cursor.h"
#include "ledger/engine.h"
#include "ledger/test_reads.h"
#include "simulation.h"

namespace immudb::simulation {
namespace {

using ledger::AsString;
using ledger::ModelEntry;
using ledger::Oracle;

constexpr char kDirectory[] = "ledger";
// So often an opening may fail before the faults end, so that the life goes on.
constexpr int kTriesMax = 12;
constexpr std::chrono::milliseconds kLongEnough{1100};  // For what is tried again each second.

bool IsSame(const LoggedEntry& logged, const ModelEntry& entry) {
  return AsString(logged.entry.key) == entry.key && AsString(logged.entry.value) == entry.value &&
         logged.entry.kind == entry.kind;
}

}  // namespace

void Simulation::MakeEngine() {
  process_++;
  engine_ = ledger::MakeEngine(options_, {.files = files_,
                                          .clock = scheduler_.clock,
                                          .random = engine_random_,
                                          .committers = scheduler_.committers,
                                          .syncers = scheduler_.syncers,
                                          .maintenance = scheduler_.maintenance,
                                          .merges = scheduler_.merges});
}

void Simulation::EndShortage() {
  files_.SetCapacityBytes(std::nullopt);
  disk_is_small_ = false;
}

void Simulation::ReopenWithin(std::uint64_t steps) {
  if (reopen_soon_) return;
  reopen_soon_ = true;
  reopen_in_ = Below(steps);
}

void Simulation::CreateLedger() {
  for (int tries = 0; !is_wrong(); tries++) {
    if (Chance(3)) faults_.Plan(random_);
    if (tries > kTriesMax) faults_.Cancel();
    const std::uint64_t struck = faults_.struck();
    const Status created = engine_->CreateLedger(kDirectory, "simulated");
    if (power_lost_) {
      Die();
    } else if (!created) {
      Expect(IsExcused(created.error(), struck) || created.error().code == Code::kExists,
             "a ledger could not be created");
    }
    // A failure behind the renaming leaves a whole ledger; one that a crash took back is no ledger.
    const bool exists = files_.Exists(kDirectory).value_or(false);
    if (exists && created) return;
    if (exists && created.error().code == Code::kExists) return;
  }
}

void Simulation::OpenLedger() {
  for (int tries = 0; !is_wrong(); tries++) {
    if (tries > kTriesMax) {
      faults_.Cancel();
      EndShortage();
    }
    const std::uint64_t struck = faults_.struck();
    disk_was_small_ = disk_is_small_;
    Result<std::unique_ptr<Ledger>> opened = engine_->OpenLedger(kDirectory);
    Note(opened ? 1 : 0);
    outcome_.openings++;
    if (opened) {
      ledger_ = *std::move(opened);
      struck_at_open_ = struck;
      if (!power_lost_) return CheckOpened();
    } else if (!IsExcused(opened.error(), struck)) {
      return Wrong("the ledger does not open: " + opened.error().message);
    }
    if (power_lost_ || Chance(3)) Die();
  }
}

void Simulation::CheckOpened() {
  const bool strike = std::exchange(faults_strike_, false);
  const LedgerStatistics statistics = ledger_->statistics();
  Note(statistics.entries);
  if (statistics.damaged) Wrong("damage is reported where there is none");
  if (statistics.entries < model_.size()) {
    Wrong("acknowledged entries are gone: " + std::to_string(statistics.entries) + " are left");
  }
  if (!is_wrong()) TakeOver(statistics.entries);
  if (!is_wrong() && model_.size() > 0) {
    const Result<TreeHead> head = ledger_->Head();
    Expect(head && *head == model_.tree.Head(model_.size()), "another root after opening");
    if (head) Note(head->root[0]);
  }
  for (Client& client : clients_) {
    client.in_flight = 0;
    if (!is_wrong() && Chance(4)) ReadConsistency(client);
  }
  unacknowledged_.clear();
  faults_strike_ = strike;
}

void Simulation::TakeOver(std::uint64_t entries) {
  if (entries == model_.size()) return;
  const auto logged = ledger::ReadAll(ledger_->EntriesFrom({model_.size()}), {.rows = 50});
  if (!logged) return Wrong("what turned up cannot be read: " + logged.error().message);
  Expect(logged->size() == entries - model_.size(), "not all that turned up can be read");
  auto call = unacknowledged_.begin();
  for (std::size_t at = 0; at < logged->size() && !is_wrong();) {
    // The next call that was submitted with this entry first; earlier ones are not there.
    call = std::find_if(call, unacknowledged_.end(), [&](const Submitted& submitted) {
      return IsSame((*logged)[at], submitted.entries[0]);
    });
    if (call == unacknowledged_.end()) return Wrong("an entry turned up that nobody submitted");
    for (std::size_t i = 0; i < call->entries.size(); i++, at++) {
      const bool is_last = i + 1 == call->entries.size();
      Expect(at < logged->size() && IsSame((*logged)[at], call->entries[i]) &&
                 (*logged)[at].ends_batch == is_last,
             "half a batch turned up");
      if (is_wrong()) return;
    }
    model_.Append(call->entries);
    outcome_.recovered++;
    ++call;
  }
}

void Simulation::Finish() {
  const bool strike = std::exchange(faults_strike_, false);
  EndShortage();
  for (int round = 0; round < 3; round++) {
    scheduler_.RunAll();
    scheduler_.Advance(kLongEnough);
  }
  scheduler_.RunAll();
  faults_strike_ = strike;
}

void Simulation::CloseLedger() {
  Finish();
  if (power_lost_) return Die();
  for (const Client& client : clients_) {
    Expect(client.in_flight == 0, "a call was never answered");
  }
  if (Chance(2)) faults_.Plan(random_);
  const std::uint64_t struck = faults_.struck();
  const Status closed = ledger_->Close();
  Note(closed ? 1 : 0);
  const bool refused = !closed && closed.error().code == Code::kClosed;
  Expect(closed || refused || IsExcused(closed.error(), struck), "closing failed");
  if (power_lost_ || Chance(2)) return Die();
  ledger_.reset();
  process_++;
}

void Simulation::Die() {
  static constexpr std::array kPolicies = {io::CrashPolicy::kKeepAll, io::CrashPolicy::kDropAll,
                                           io::CrashPolicy::kRandom, io::CrashPolicy::kRandom};
  process_++;
  if (Chance(2)) {
    files_.KillProcess();
    outcome_.kills++;
  } else {
    files_.Crash(kPolicies[Below(kPolicies.size())], random_());
    outcome_.power_losses++;
  }
  power_lost_ = false;
  Bury();
  MakeEngine();
}

void Simulation::Bury() {
  const bool strike = std::exchange(faults_strike_, false);
  files_.FailAt(files_.operations(), io::Fault::kIoError, io::FaultRepeat::kSticky);
  for (int round = 0; round < 3; round++) {
    scheduler_.RunAll();
    scheduler_.Advance(kLongEnough);
  }
  ledger_.reset();
  scheduler_.RunAll();
  engine_.reset();
  files_.ClearFaults();
  faults_strike_ = strike;
}

void Simulation::Reopen() {
  reopen_soon_ = false;
  if (power_lost_ || !Chance(3)) {
    Die();
  } else {
    CloseLedger();
  }
  if (!is_wrong()) OpenLedger();
}

void Simulation::CompareAll() {
  for (std::uint64_t i = 0; i < model_.size(); i++) {
    const Result<Entry> entry = ledger_->At({i});
    if (!entry || Oracle::Item(*entry) != model_.Item(i)) {
      return Wrong("at the end: entry " + std::to_string(i) + " is another one");
    }
  }
  for (const auto& [key, indexes] : model_.versions) {
    const Result<Entry> entry = ledger_->Get(AsBytes(key));
    const std::string answer = entry ? Oracle::Item(*entry) : entry.error().message;
    if (answer != model_.Get(key)) return Wrong("at the end: key " + key + ": " + answer);
    const auto history =
        ledger::ReadAll(ledger_->History({.key = ledger::ToBytes(key)}), {.rows = 100});
    if (!history || history->size() != indexes.size()) {
      return Wrong("at the end: another history of key " + key);
    }
  }
  for (Client& client : clients_) ReadConsistency(client);
}

}  // namespace immudb::simulation
