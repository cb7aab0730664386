#include "process/duration.h"

#include <gtest/gtest.h>

namespace immudb::process {
namespace {

TEST(DurationTest, TimesAreNumbersWithAUnit) {
  using std::chrono::milliseconds;
  EXPECT_EQ(*ParseDuration("500ms"), milliseconds(500));
  EXPECT_EQ(*ParseDuration("10s"), milliseconds(10'000));
  EXPECT_EQ(*ParseDuration("2m"), milliseconds(120'000));
  for (const char* text : {"", "s", "10", "0s", "-1s", "1h", "1 s", "99999999999s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

}  // namespace
}  // namespace immudb::process
