#include "simulation.h"

#include <initializer_list>

#include "base/log.h"

namespace immudb::simulation {
namespace {

constexpr std::uint64_t kStepNsMax = 400'000;

EngineOptions AnyOptions(std::mt19937_64& random) {
  const auto any = [&](std::initializer_list<std::uint64_t> values) {
    return *(values.begin() + random() % values.size());
  };
  return {.block_cache_bytes = any({64u << 10, 1u << 20}),
          .memtable_bytes = any({256u << 10, 4u << 20}),
          .submit_queue_bytes = any({4u << 10, 1u << 20}),
          .log_segment_bytes = any({4u << 10, 16u << 10, 128u << 10}),
          .checkpoint_log_bytes = any({4u << 10, 16u << 10, 64u << 10}),
          .reserve_bytes = any({512, 8u << 10}),
          .merge_bytes_per_second = any({0, 1u << 20})};
}

}  // namespace

void Outcome::Add(const Outcome& more) {
  if (failure.empty()) failure = more.failure;
  event_hash = event_hash * 1'000'003 + more.event_hash;
  commits += more.commits;
  entries += more.entries;
  reads += more.reads;
  steps += more.steps;
  openings += more.openings;
  kills += more.kills;
  power_losses += more.power_losses;
  recovered += more.recovered;
  faults.Add(more.faults);
}

Simulation::Simulation(std::uint64_t seed)
    : random_(seed), scheduler_(seed + 1), files_(seed + 2), engine_random_(seed + 3) {
  SetLogLevel(LogLevel::kOff);
  options_ = AnyOptions(random_);
  clients_.resize(1 + Below(12));
  for (Client& client : clients_) {
    client.in_flight_max = static_cast<std::uint32_t>(1 + Below(Chance(3) ? 24 : 4));
  }
  files_.SetFaultHook([this](const io::CallInfo& info) {
    const auto fault = faults_strike_ ? faults_.Ask(info) : std::optional<io::Fault>();
    Note(static_cast<std::uint64_t>(info.call) * 8 +
         (fault ? static_cast<unsigned>(*fault) + 1 : 0));
    Note(info.path);
    Note(info.data.size());
    if (fault == io::Fault::kPowerLoss) power_lost_ = true;
    return fault;
  });
  MakeEngine();
}

Simulation::~Simulation() {
  Bury();
}

void Simulation::Note(std::uint64_t value) {
  // A step of splitmix64 over the state so far.
  std::uint64_t mixed = (outcome_.event_hash ^ value) + 0x9e37'79b9'7f4a'7c15;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d0'49bb'1331'11eb;
  outcome_.event_hash = mixed ^ (mixed >> 31);
}

void Simulation::Note(std::string_view text) {
  std::uint64_t sum = text.size();
  for (const char character : text) sum = sum * 131 + static_cast<unsigned char>(character);
  Note(sum);
}

void Simulation::Wrong(const std::string& what) {
  if (is_wrong()) return;
  outcome_.failure = "step " + std::to_string(outcome_.steps) + ", " +
                     std::to_string(model_.size()) + " entries: " + what;
}

bool Simulation::IsExcused(const Error& error, std::uint64_t struck_before) const {
  if (error.code != Code::kIo && error.code != Code::kExhausted) return false;
  return power_lost_ || disk_is_small_ || faults_.struck() != struck_before;
}

Outcome Simulation::Run(std::uint64_t commits) {
  CreateLedger();
  OpenLedger();
  while (!is_wrong() && outcome_.commits < commits) Step();
  faults_strike_ = false;
  EndShortage();
  if (!is_wrong()) Reopen();
  if (!is_wrong()) CompareAll();
  if (!is_wrong()) CloseLedger();
  outcome_.entries = model_.size();
  outcome_.faults = faults_.counts();
  return outcome_;
}

void Simulation::Step() {
  outcome_.steps++;
  scheduler_.Advance(std::chrono::nanoseconds(Below(kStepNsMax)));
  if (power_lost_ || (reopen_soon_ && reopen_in_-- == 0)) return Reopen();
  const std::uint64_t choice = Below(1000);
  if (choice < 500) return RunTask();
  if (choice < 920) return ActForClient();
  Disturb();
}

void Simulation::RunTask() {
  std::size_t queue = 0;
  if (scheduler_.RunOne(queue)) {
    Note(1000 + queue);
  } else if (Chance(8)) {
    scheduler_.Advance(std::chrono::milliseconds(Below(300)));
  }
}

void Simulation::ActForClient() {
  const std::size_t number = Below(clients_.size());
  if (clients_[number].in_flight < clients_[number].in_flight_max && !Chance(4)) {
    SubmitSome(number);
  } else {
    ReadSome(number);
  }
}

// What is not the clients' doing.
void Simulation::Disturb() {
  const std::uint64_t choice = Below(100);
  if (choice < 45) {
    if (faults_.is_planned() && outcome_.steps < faults_until_) return;
    faults_.Plan(random_);
    faults_until_ = outcome_.steps + 800;
    if (faults_.needs_opening()) ReopenWithin(60);
  } else if (choice < 55) {
    // Nobody calls for a while: what was written is sealed.
    scheduler_.RunAll();
    scheduler_.Advance(std::chrono::milliseconds(Below(3000)));
    scheduler_.RunAll();
  } else if (choice < 60) {
    scheduler_.clock.unix_us -= static_cast<std::int64_t>(Below(5'000'000));
  } else if (choice < 65) {
    if (disk_is_small_ || Chance(2)) return EndShortage();
    disk_is_small_ = true;
    disk_was_small_ = true;
    files_.SetCapacityBytes(files_.used_bytes() + Below(64u << 10));
  } else if (choice < 72) {
    const std::uint64_t struck = faults_.struck();
    const Status done = ledger_->Checkpoint();
    Note(done ? 1 : 0);
    const bool refused = !done && done.error().code == Code::kClosed;
    Expect(done || refused || IsExcused(done.error(), struck), "a checkpoint failed");
  } else if (choice < 76) {
    ReopenWithin(20);
  }
}

}  // namespace immudb::simulation
