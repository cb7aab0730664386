#include "process/detach.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>
#include <string>

namespace immudb::process {
namespace {

// Divides, runs `background` on that side, and returns what the other side learns. The side in the
// background ends without what a test program does at its end.
Detachment::Start Divided(const std::function<void(Detachment&)>& background) {
  auto sides = Detachment::Divide();
  EXPECT_TRUE(sides);
  if (sides->is_background()) {
    background(*sides);
    _exit(9);
  }
  return sides->Await();
}

void Reap(pid_t pid) {
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

// What comes out of a pipe until its last writer lets go of it.
std::string ReadAll(int pipe) {
  std::string text;
  std::array<char, 256> part{};
  for (ssize_t size = 0; (size = read(pipe, part.data(), part.size())) > 0;) {
    text.append(part.data(), static_cast<std::size_t>(size));
  }
  return text;
}

TEST(DetachmentTest, TheForegroundLearnsThatTheOtherSideIsReadyAndWhichProcessItIs) {
  const auto start = Divided([](Detachment& sides) {
    if (sides.ReportReady()) pause();
  });
  EXPECT_TRUE(start.is_ready);
  EXPECT_EQ(kill(start.pid, 0), 0);
  EXPECT_EQ(getsid(start.pid), start.pid);  // A session of its own.
  Reap(start.pid);
}

TEST(DetachmentTest, AFailedStartGivesItsExitCodeOrItsSignal) {
  auto start = Divided([](Detachment&) { _exit(3); });
  EXPECT_FALSE(start.is_ready);
  EXPECT_EQ(start.exit_code, 3);
  EXPECT_EQ(start.signal_number, 0);
  start = Divided([](Detachment&) { kill(getpid(), SIGKILL); });
  EXPECT_FALSE(start.is_ready);
  EXPECT_EQ(start.signal_number, SIGKILL);
}

TEST(DetachmentTest, ThePipesOfTheCallerEndWhenTheOtherSideIsReady) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const auto start = Divided([&](Detachment& sides) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    const ssize_t before = write(STDOUT_FILENO, "before", 6);
    const bool is_ready = before == 6 && sides.ReportReady();
    const ssize_t after = write(STDOUT_FILENO, "after", 5);
    if (is_ready && after == 5) pause();
  });
  close(ends[1]);
  EXPECT_TRUE(start.is_ready);
  EXPECT_EQ(ReadAll(ends[0]), "before");  // And does not wait for the process to end.
  close(ends[0]);
  Reap(start.pid);
}

TEST(DetachmentTest, WithoutAnybodyInTheForegroundNothingIsReady) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  auto sides = Detachment::Divide();
  ASSERT_TRUE(sides);
  if (sides->is_background()) {
    char byte = 0;
    const bool may_go_on = read(ends[0], &byte, 1) == 1;
    _exit(may_go_on && !sides->ReportReady() ? 5 : 6);
  }
  { const Detachment gone = *std::move(sides); }  // Lets go of the pipe.
  EXPECT_EQ(write(ends[1], "x", 1), 1);
  int status = 0;
  ASSERT_GT(waitpid(-1, &status, 0), 0);
  EXPECT_EQ(WEXITSTATUS(status), 5);
}

}  // namespace
}  // namespace immudb::process
