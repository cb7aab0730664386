#include "auth/user.h"

#include <gtest/gtest.h>

namespace immudb::auth {
namespace {

TEST(UserTest, EveryCodeOpensWhatItsTableSaysAndNothingElse) {
  for (std::uint32_t code = 0; code < 1000; ++code) {
    const bool reads = code == 1 || code == 2 || code == 254 || code == 255;
    const bool writes = code == 2 || code == 254 || code == 255;
    EXPECT_EQ(Allows(code, Access::kRead), reads) << code;
    EXPECT_EQ(Allows(code, Access::kWrite), writes) << code;
    EXPECT_EQ(Allows(code, Access::kAdmin), code == 254 || code == 255) << code;
    EXPECT_EQ(Allows(code, Access::kSystem), code == 255) << code;
  }
}

TEST(UserTest, TheFirstGrantOfADatabaseCounts) {
  User user;
  user.grants = {{.database = "a", .code = 1}, {.database = "a", .code = 254}};
  EXPECT_EQ(user.PermissionFor("a"), 1u);
  EXPECT_EQ(user.PermissionFor("b"), kPermissionNone);
}

TEST(UserTest, TheStarIsTheNameOfNoDatabase) {
  User user;
  user.grants = {{.database = "*", .code = kPermissionSystem}};
  EXPECT_EQ(user.PermissionFor("defaultdb"), kPermissionNone);
  EXPECT_FALSE(user.is_superadmin());
  user.name = "immudb";
  EXPECT_TRUE(user.is_superadmin());
}

}  // namespace
}  // namespace immudb::auth
