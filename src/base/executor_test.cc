#include "base/executor.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <future>

namespace immudb {
namespace {

TEST(ThreadPoolTest, TheDestructorRunsWhatWasPosted) {
  std::atomic<int> ran = 0;
  {
    ThreadPool pool(2, "test");
    for (int i = 0; i < 1000; i++) pool.Post([&ran] { ran++; });
  }
  EXPECT_EQ(ran, 1000);
}

TEST(ThreadPoolTest, ThreadsOfLowPriorityAreNicerAndOthersAreNot) {
  const int usual = getpriority(PRIO_PROCESS, 0);
  std::promise<int> normal;
  std::promise<int> low;
  {
    ThreadPool pool(1, "test");
    pool.Post([&] { normal.set_value(getpriority(PRIO_PROCESS, 0)); });
    ThreadPool nice(1, "test", ThreadPool::Priority::kLow);
    nice.Post([&] { low.set_value(getpriority(PRIO_PROCESS, 0)); });
  }
  EXPECT_EQ(normal.get_future().get(), usual);
  EXPECT_GT(low.get_future().get(), usual);
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), usual);
}

TEST(ThreadPoolTest, TasksOfOneThreadRunInOrder) {
  std::vector<int> order;
  {
    ThreadPool pool(1, "test");
    for (int i = 0; i < 100; i++) pool.Post([&order, i] { order.push_back(i); });
  }
  for (int i = 0; i < 100; i++) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(ThreadPoolTest, ADelayedTaskRunsAfterItsDelayAndADroppedOneNever) {
  std::atomic<bool> early = false;
  std::atomic<bool> late = false;
  {
    ThreadPool pool(1, "test");
    pool.PostAfter(std::chrono::milliseconds(1), [&early] {
      early = true;
      early.notify_all();
    });
    pool.PostAfter(std::chrono::hours(1), [&late] { late = true; });
    early.wait(false);
  }
  EXPECT_TRUE(early);
  EXPECT_FALSE(late);
}

TEST(ManualExecutorTest, RunsOnlyWhenTold) {
  ManualExecutor executor;
  int ran = 0;
  executor.Post([&ran] { ran++; });
  executor.PostAfter(std::chrono::hours(1), [&ran] { ran += 10; });
  EXPECT_EQ(ran, 0);
  EXPECT_TRUE(executor.RunOne());
  EXPECT_FALSE(executor.RunOne());
  EXPECT_EQ(ran, 1);
  executor.ElapseDelays();
  EXPECT_TRUE(executor.RunOne());
  EXPECT_EQ(ran, 11);
}

}  // namespace
}  // namespace immudb
