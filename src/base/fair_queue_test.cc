#include "base/fair_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb {
namespace {

class FairQueueTest : public testing::Test {
 protected:
  void Push(std::string_view group, std::uint64_t member, char mark) {
    queue_.Push(group, member, [this, mark] { order_ += mark; });
  }
  std::string RunAll() {
    while (queue_.size() > 0) queue_.Pop()();
    return std::exchange(order_, {});
  }

  FairQueue queue_;
  std::string order_;
};

TEST_F(FairQueueTest, OneMembersTasksRunInTheirOrder) {
  for (const char mark : {'a', 'b', 'c'}) Push("", 1, mark);
  EXPECT_EQ(RunAll(), "abc");
}

TEST_F(FairQueueTest, GroupsTakeTurnsWhateverEachHas) {
  for (int i = 0; i < 5; ++i) Push("many", 1, 'm');
  Push("few", 1, 'f');
  EXPECT_EQ(queue_.SizeOf("many"), 5U);
  EXPECT_EQ(RunAll(), "mfmmmm");
  EXPECT_EQ(queue_.SizeOf("many"), 0U);
}

TEST_F(FairQueueTest, MembersTakeTurnsInTheTurnsOfTheirGroup) {
  for (int i = 0; i < 3; ++i) Push("a", 1, '1');
  for (int i = 0; i < 2; ++i) Push("a", 2, '2');
  for (int i = 0; i < 2; ++i) Push("b", 1, 'b');
  EXPECT_EQ(RunAll(), "1b2b121");
}

TEST_F(FairQueueTest, WhoComesBackGoesBehindThoseWhoWait) {
  Push("a", 1, 'a');
  Push("a", 1, 'a');
  Push("b", 1, 'b');
  queue_.Pop()();
  Push("c", 1, 'c');
  EXPECT_EQ(RunAll(), "abac");
}

}  // namespace
}  // namespace immudb
