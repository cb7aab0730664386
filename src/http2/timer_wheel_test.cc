#include "http2/timer_wheel.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace immudb::http2 {
namespace {

constexpr std::int64_t kMs = 1'000'000;

struct Entry {
  Entry() : timer([](void* self) { ++static_cast<Entry*>(self)->fired; }, this) {}
  int fired = 0;
  std::int64_t due_ns = 0;
  Timer timer;
};

TEST(TimerWheelTest, ATimerFiresOnceAndNotEarly) {
  TimerWheel wheel(0);
  Entry entry;
  wheel.Arm(entry.timer, 50 * kMs);
  wheel.Advance(50 * kMs - 1);
  EXPECT_EQ(entry.fired, 0);
  wheel.Advance(50 * kMs + TimerWheel::kTickNs);
  EXPECT_EQ(entry.fired, 1);
  wheel.Advance(10'000 * kMs);
  EXPECT_EQ(entry.fired, 1);
  EXPECT_EQ(wheel.armed_count(), 0U);
}

TEST(TimerWheelTest, ADisarmedOrEndedTimerDoesNotFire) {
  TimerWheel wheel(0);
  Entry entry;
  auto ended = std::make_unique<Entry>();
  wheel.Arm(entry.timer, kMs);
  wheel.Arm(ended->timer, kMs);
  entry.timer.Disarm();
  ended.reset();
  EXPECT_EQ(wheel.armed_count(), 0U);
  wheel.Advance(100 * kMs);
  EXPECT_EQ(entry.fired, 0);
}

TEST(TimerWheelTest, ACallbackMayDisarmAnotherDueTimer) {
  TimerWheel wheel(0);
  Entry victim;
  struct Killer {
    explicit Killer(Entry& entry)
        : timer([](void* target) { static_cast<Entry*>(target)->timer.Disarm(); }, &entry) {}
    Timer timer;
  } killer(victim);
  wheel.Arm(killer.timer, kMs);
  wheel.Arm(victim.timer, kMs);
  wheel.Advance(100 * kMs);
  EXPECT_EQ(victim.fired, 0);
}

// Against the obvious reference: a timer fires in the first Advance to its time or beyond, give or
// take a tick.
TEST(TimerWheelTest, ManyTimersFireOnTimeWhateverTheSteps) {
  const char* const given = std::getenv("IMMUDB_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : 20'261'124U;
  SCOPED_TRACE("IMMUDB_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  std::int64_t now_ns = 123'456'789;
  TimerWheel wheel(now_ns);
  std::vector<std::unique_ptr<Entry>> entries;
  for (int round = 0; round < 2000; ++round) {
    auto entry = std::make_unique<Entry>();
    entry->due_ns = now_ns + static_cast<std::int64_t>(random() % 5000) * kMs;
    wheel.Arm(entry->timer, entry->due_ns);
    entries.push_back(std::move(entry));
    now_ns += static_cast<std::int64_t>(random() % (round % 100 == 0 ? 4000 : 10)) * kMs;
    wheel.Advance(now_ns);
    for (const auto& each : entries) {
      if (each->due_ns > now_ns) {
        ASSERT_EQ(each->fired, 0);
      }
      if (each->due_ns + TimerWheel::kTickNs <= now_ns) {
        ASSERT_EQ(each->fired, 1);
      }
    }
  }
}

}  // namespace
}  // namespace immudb::http2
