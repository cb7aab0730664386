#include "process/signals.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <future>
#include <vector>

#include "process/limits.h"
#include "process/version.h"

namespace immudb::process {
namespace {

TEST(SignalsTest, EachWatchedSignalReachesTheCallbackOnAnotherThread) {
  for (const auto& [number, expected] :
       std::vector<std::pair<int, Signal>>{{SIGTERM, Signal::kTerminate},
                                           {SIGINT, Signal::kInterrupt},
                                           {SIGHUP, Signal::kHangUp}}) {
    std::promise<std::pair<Signal, std::thread::id>> seen;
    auto signals = Signals::Watch([&](Signal signal) {
      seen.set_value({signal, std::this_thread::get_id()});
    });
    ASSERT_TRUE(signals) << signals.error().message;
    kill(getpid(), number);
    const auto [signal, thread] = seen.get_future().get();
    EXPECT_EQ(signal, expected);
    EXPECT_NE(thread, std::this_thread::get_id());
  }
}

TEST(SignalsTest, TheEndWaitsForACallbackThatRuns) {
  std::promise<void> entered;
  std::promise<void> go_on;
  bool finished = false;
  {
    auto signals = Signals::Watch([&](Signal) {
      entered.set_value();
      go_on.get_future().wait();
      finished = true;
    });
    ASSERT_TRUE(signals);
    kill(getpid(), SIGHUP);
    entered.get_future().wait();
    go_on.set_value();
  }
  EXPECT_TRUE(finished);
}

TEST(SignalsTest, ABrokenPipeDoesNotEndTheProcess) {
  auto signals = Signals::Watch([](Signal) {});
  ASSERT_TRUE(signals);
  EXPECT_EQ(raise(SIGPIPE), 0);
}

TEST(LimitsTest, FilesMayBeOpenedUpToTheHardLimit) {
  rlimit limit{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit lowered{64, limit.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &lowered), 0);
  EXPECT_EQ(RaiseOpenFileLimit(), limit.rlim_max);
  rlimit after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(after.rlim_cur, limit.rlim_max);
}

TEST(LimitsTest, NewFilesAreTheOwnersOnly) {
  const mode_t before = umask(0);
  RestrictNewFiles();
  EXPECT_EQ(umask(before), 0077u);
}

TEST(VersionTest, TheTextBeginsWithTheShortOne) {
  const std::string brief = ShortVersionText("immudb");
  EXPECT_EQ(brief.find("immudb "), 0u);
  EXPECT_GT(brief.size(), std::string("immudb ").size());
  EXPECT_EQ(brief.find('\n'), std::string::npos);
  EXPECT_EQ(VersionText("immudb").find(brief), 0u);
}

}  // namespace
}  // namespace immudb::process
