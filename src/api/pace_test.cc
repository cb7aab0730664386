#include "api/pace.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace immudb::api {
namespace {

using std::chrono::milliseconds;

class PaceTest : public testing::Test {
 protected:
  void WorkFor(std::int64_t ms) {
    pace_.BeginPiece();
    clock_.AdvanceMs(ms);
    pace_.EndPiece();
  }

  FakeClock clock_;
  std::atomic<std::uint64_t> calls_begun_ = 7;
  Pace pace_{clock_, calls_begun_};
};

TEST_F(PaceTest, NobodyRestsBeforeTheWorkOrAlone) {
  EXPECT_EQ(pace_.Rest(), milliseconds(0));
  WorkFor(3);
  EXPECT_EQ(pace_.Rest(), milliseconds(0));
}

TEST_F(PaceTest, AfterACallOfAnotherTheRestIsAsLongAsThePiece) {
  ++calls_begun_;
  WorkFor(3);
  EXPECT_EQ(pace_.Rest(), milliseconds(3));
  WorkFor(3);  // Nobody has called since.
  EXPECT_EQ(pace_.Rest(), milliseconds(0));
}

TEST_F(PaceTest, TimeThatPassesIsRest) {
  ++calls_begun_;
  WorkFor(3);
  clock_.AdvanceMs(2);
  EXPECT_EQ(pace_.Rest(), milliseconds(1));
  clock_.AdvanceMs(2);
  EXPECT_EQ(pace_.Rest(), milliseconds(0));
}

TEST_F(PaceTest, APieceThatWaitedLongIsNotPaidForInFull) {
  ++calls_begun_;
  WorkFor(5000);
  EXPECT_EQ(pace_.Rest(), milliseconds(20));
}

}  // namespace
}  // namespace immudb::api
