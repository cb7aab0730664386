#include "base/wipe.h"

#include <gtest/gtest.h>

#include <functional>

namespace immudb {
namespace {

TEST(WipeTest, NothingIsLeftOfWhatIsWiped) {
  Bytes bytes = {1, 2, 3};
  Wipe(bytes);
  EXPECT_EQ(bytes, Bytes(3));
  std::string text = "secret";
  const char* const memory = text.data();
  WipeAndClear(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string_view(memory, 6), std::string_view("\0\0\0\0\0\0", 6));
}

TEST(WipeTest, ASecretTakesItsTextAndKeepsItWhileACopyOfItLives) {
  for (std::string source : {std::string("short"), std::string(100, 's')}) {
    const std::string expected = source;
    std::function<std::string()> kept;
    {
      const char* const memory = source.data();
      const Secret secret(source);
      EXPECT_TRUE(source.empty());
      EXPECT_NE(std::string_view(memory, expected.size()), expected);
      kept = [secret] { return std::string(secret.view()); };
    }
    EXPECT_EQ(kept(), expected);
  }
}

}  // namespace
}  // namespace immudb
