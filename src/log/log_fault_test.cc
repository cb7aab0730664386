// For every file operation of a workload and of a recovery: fail there, crash or kill, open again,
// and compare with what was promised.

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "log/log_world.h"

namespace immudb::log {
namespace {

constexpr std::uint64_t kStates = 15;

using io::CrashPolicy;
using io::Fault;
using io::FaultRepeat;

enum class Ending : std::uint8_t { kKill, kRandom, kRandomAgain, kDropAll, kKeepAll };
constexpr std::uint64_t kEndings = 5;

void End(LogWorld& world, std::uint64_t number) {
  world.log.reset();
  switch (static_cast<Ending>(number % kEndings)) {
    case Ending::kKill: world.files.KillProcess(); break;
    case Ending::kRandom:
    case Ending::kRandomAgain: world.files.Crash(CrashPolicy::kRandom, number); break;
    case Ending::kDropAll: world.files.Crash(CrashPolicy::kDropAll); break;
    case Ending::kKeepAll: world.files.Crash(CrashPolicy::kKeepAll); break;
  }
}

// Opens, goes on, and survives a power loss that drops all that was not synced.
void ExpectGoesOn(LogWorld& world) {
  Status status = world.Open();
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_FALSE(world.damage) << world.damage->file << " " << world.damage->text;
  world.ExpectReadable();
  world.files.Crash(CrashPolicy::kDropAll);  // What was shown must be durable.
  status = world.Open();
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_FALSE(world.damage) << world.damage->file << " " << world.damage->text;
  status = world.Work(3);
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_TRUE(world.Sync());
  world.files.Crash(CrashPolicy::kDropAll);
  status = world.Open();
  ASSERT_TRUE(status) << status.error().message;
  ASSERT_FALSE(world.damage);
}

constexpr int kSteps = 60;

class LogFaultTest : public testing::TestWithParam<Fault> {};

TEST_P(LogFaultTest, AFailureAtAnyOperationOfAWorkloadKeepsThePromise) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  LogWorld base(seed);
  ASSERT_TRUE(base.Create());
  ASSERT_TRUE(base.Open());
  ASSERT_TRUE(base.Work(kSteps));
  ASSERT_GT(base.log->statistics().segments, 2u);
  const std::uint64_t operations = base.files.operations();
  std::size_t cases = 0;
  for (std::uint64_t n = 0; n < operations; ++n) {
    for (std::uint64_t ending = 0; ending < 2; ++ending, ++cases) {
      LogWorld world(seed);
      world.files.FailAt(n, GetParam());
      Status status = world.Create();
      const bool created = status.has_value();
      if (created) status = world.Open();
      if (status) status = world.Work(kSteps);
      End(world, n * 2 + ending);
      if (!created) continue;  // Nothing was promised.
      ExpectGoesOn(world);
      ASSERT_FALSE(HasFailure()) << "operation " << n << ", ending " << (n * 2 + ending) % kEndings;
    }
  }
  std::printf("%zu cases\n", cases);
}

TEST_P(LogFaultTest, AFailureAtAnyOperationOfARecoveryKeepsThePromise) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::size_t cases = 0;
  for (std::uint64_t state = 0; state < kStates; ++state) {
    LogWorld world(seed * 1000 + state);
    ASSERT_TRUE(world.Create());
    ASSERT_TRUE(world.Open());
    ASSERT_TRUE(world.Work(static_cast<int>(state) + 4));
    if (state % 5 == 4) {
      ASSERT_TRUE(world.Sync() && world.Seal() && world.Sync());
    }
    End(world, state);
    const auto snapshot = world.files.TakeSnapshot();
    const auto given = world.given;
    const std::size_t promised = world.promised;
    const OpenOptions options = world.options;
    const std::uint64_t begin = world.files.operations();
    ASSERT_TRUE(world.Open());
    const std::uint64_t operations = world.files.operations() - begin;
    for (std::uint64_t n = 0; n < operations; ++n, ++cases) {
      world.log.reset();
      world.files.Restore(snapshot);
      world.given = given;
      world.promised = promised;
      world.options = options;
      world.files.FailAt(world.files.operations() + n, GetParam());
      static_cast<void>(world.Open().has_value());
      End(world, n + state);
      ExpectGoesOn(world);
      ASSERT_FALSE(HasFailure()) << "state " << state << ", operation " << n;
    }
  }
  std::printf("%zu cases\n", cases);
}

INSTANTIATE_TEST_SUITE_P(Faults, LogFaultTest,
                         testing::Values(Fault::kIoError, Fault::kNoSpace, Fault::kShortWrite,
                                         Fault::kPowerLoss));

TEST(LogFaultTest, CrashesAtRandomKeepThePromiseOverManyLives) {
  const std::uint64_t seed = TestSeed();
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::size_t lives = 0;
  for (std::uint64_t run = 0; run < 20; ++run) {
    std::mt19937_64 random(seed * 1000 + run);
    LogWorld world(seed * 1000 + run);
    ASSERT_TRUE(world.Create());
    for (int life = 0; life < 12; ++life, ++lives) {
      if (random() % 2 == 0) {
        const auto fault = static_cast<Fault>(random() % 4);
        const std::uint64_t at = world.files.operations() + random() % 60;
        world.files.FailAt(at, fault,
                           random() % 4 == 0 ? FaultRepeat::kSticky : FaultRepeat::kOnce);
      }
      Status status = world.Open();
      ASSERT_FALSE(status && world.damage) << world.damage->text;
      if (status) status = world.Work(static_cast<int>(random() % 12));
      End(world, random());
      ASSERT_FALSE(HasFailure()) << "run " << run << ", life " << life;
    }
    ExpectGoesOn(world);
  }
  std::printf("%zu lives\n", lives);
}

TEST(LogFaultTest, AFailedSyncIsFinalAndNothingIsAcknowledgedAfterIt) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync() && world.Append());
  world.files.FailAt(world.files.operations(), Fault::kIoError);
  const auto failed = world.log->Sync();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Code::kIo);
  EXPECT_EQ(world.log->Sync().error().code, Code::kClosed);
  EXPECT_EQ(world.log->AppendSeal({0}, 0, {}).error().code, Code::kClosed);
  EXPECT_EQ(world.log->Extend(100'000).error().code, Code::kClosed);
  EXPECT_FALSE(world.log->accepts_changes());
  world.ExpectReadable();
}

TEST(LogFaultTest, AFailedWriteIsFinal) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append() && world.Sync());
  world.files.FailAt(world.files.operations(), Fault::kShortWrite);
  EXPECT_FALSE(world.Append());
  EXPECT_EQ(world.log->Sync().error().code, Code::kClosed);
}

TEST(LogFaultTest, ARecordIsWholeOnADiskThatLostTheSpaceItWasExtendedBy) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LogWorld world(seed);
    world.options.segment_bytes = 1u << 20;
    ASSERT_TRUE(world.Create() && world.Open());
    // The zeros of the first extension are written, and the sync fails.
    world.files.FailAt(world.files.operations() + 1, Fault::kIoError);
    ASSERT_FALSE(world.Append(50));
    world.files.KillProcess();
    ASSERT_TRUE(world.Open() && world.Append(50) && world.Sync());
    world.options.known_durable_end = world.log->durable_end();
    world.files.Crash(CrashPolicy::kDropAll);
    ASSERT_TRUE(world.Open());
    ASSERT_FALSE(world.damage.has_value()) << "seed " << seed;
  }
}

TEST(LogFaultTest, ADiskWithRoomForLessThanAStepIsUsedInSmallerSteps) {
  LogWorld world;
  world.options.segment_bytes = 64u << 20;
  ASSERT_TRUE(world.Create() && world.Open());
  while (world.log->end().value < (1u << 20)) ASSERT_TRUE(world.Append(4000));
  while (!world.log->NeedsExtend()) ASSERT_TRUE(world.Append(0));
  const std::uint64_t extended = world.log->statistics().extended_bytes;
  world.files.SetCapacityBytes(world.files.used_bytes() + (200u << 10));
  // The step that is due is 1 MiB. What does not fit is given back.
  EXPECT_EQ(world.log->Extend(2u << 20).error().code, Code::kExhausted);
  EXPECT_TRUE(world.log->Extend(0));
  while (world.Append(4000)) {
  }
  EXPECT_GE(world.log->statistics().extended_bytes, extended + (128u << 10));
  world.files.SetCapacityBytes(std::nullopt);
  EXPECT_TRUE(world.Append(4000));
}

TEST(LogFaultTest, AFullDiskIsMetByExtendAloneAndEndsWhenThereIsRoom) {
  LogWorld world;
  ASSERT_TRUE(world.Create() && world.Open() && world.Append());
  world.files.SetCapacityBytes(world.files.used_bytes());
  Status status;
  while (status) status = world.Append();
  EXPECT_EQ(status.error().code, Code::kExhausted);
  EXPECT_TRUE(world.log->accepts_changes());
  EXPECT_TRUE(world.Sync());
  world.ExpectReadable();
  const std::uint64_t used = world.files.used_bytes();
  EXPECT_EQ(world.log->Extend(1000).error().code, Code::kExhausted);
  EXPECT_EQ(world.files.used_bytes(), used) << "the space of the failed try was not given back";
  world.files.SetCapacityBytes(std::nullopt);
  ASSERT_TRUE(world.Append() && world.Sync());
  ExpectGoesOn(world);
}

}  // namespace
}  // namespace immudb::log
