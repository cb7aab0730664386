#include "base/bounded_executor.h"

#include <gtest/gtest.h>

#include <atomic>

namespace immudb {
namespace {

TEST(BoundedExecutorTest, RefusesWhatWouldWaitBeyondItsBound) {
  auto manual = std::make_unique<ManualExecutor>();
  ManualExecutor& steps = *manual;
  BoundedExecutor executor(std::move(manual), 2);
  int ran = 0;
  EXPECT_TRUE(executor.Post([&] { ++ran; }));
  EXPECT_TRUE(executor.Post([&] { ++ran; }));
  EXPECT_FALSE(executor.Post([&] { ++ran; }));
  EXPECT_TRUE(steps.RunOne());
  EXPECT_EQ(ran, 1);
  EXPECT_TRUE(executor.Post([&] { ++ran; }));
  EXPECT_FALSE(executor.Post([&] { ++ran; }));
  while (steps.RunOne()) {
  }
  EXPECT_EQ(ran, 3);
}

TEST(BoundedExecutorTest, ATaskThatHasBegunNoLongerWaits) {
  auto manual = std::make_unique<ManualExecutor>();
  ManualExecutor& steps = *manual;
  BoundedExecutor executor(std::move(manual), 1);
  bool accepted = false;
  ASSERT_TRUE(executor.Post([&] { accepted = executor.Post([] {}); }));
  ASSERT_TRUE(steps.RunOne());
  EXPECT_TRUE(accepted);
}

TEST(BoundedExecutorTest, DelayedTasksAreNotCounted) {
  auto manual = std::make_unique<ManualExecutor>();
  ManualExecutor& steps = *manual;
  BoundedExecutor executor(std::move(manual), 1);
  int ran = 0;
  executor.PostAfter(std::chrono::seconds(10), [&] { ++ran; });
  EXPECT_TRUE(executor.Post([] {}));
  ASSERT_TRUE(steps.RunOne());
  EXPECT_EQ(ran, 0);
  steps.ElapseDelays();
  ASSERT_TRUE(steps.RunOne());
  EXPECT_EQ(ran, 1);
}

TEST(BoundedExecutorTest, StopFinishesAcceptedTasksAndRefusesTheirSuccessors) {
  std::atomic<int> ran = 0;
  std::atomic<int> refused = 0;
  BoundedExecutor executor(std::make_unique<ThreadPool>(4, "test"), 1000);
  std::function<void()> task = [&] {
    ++ran;
    if (!executor.Post(task)) ++refused;
  };
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(executor.Post(task));
  executor.Stop();
  EXPECT_GE(ran, 100);
  EXPECT_EQ(refused, 100);
  EXPECT_FALSE(executor.Post(task));
  executor.Stop();
}

}  // namespace
}  // namespace immudb
