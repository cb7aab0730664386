#include "auth/rights.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace immudb::auth {
namespace {

User Make(std::string name, std::string creator, std::vector<Grant> grants) {
  User user;
  user.name = std::move(name);
  user.created_by = std::move(creator);
  user.grants = std::move(grants);
  return user;
}

TEST(RightsTest, OnlyThreeCodesCanBeGiven) {
  for (std::uint32_t code = 0; code < 600; ++code) {
    EXPECT_EQ(IsAssignable(code), code == 1 || code == 2 || code == 254) << code;
  }
}

TEST(RightsTest, AnAdministratorManagesWhomHeCreatedWithinHisDatabases) {
  const User admin = Make("admin", "immudb", {{"a", 254}, {"b", 254}, {"c", 2}});
  EXPECT_TRUE(AdministersAny(admin));
  EXPECT_FALSE(AdministersAny(Make("u", "immudb", {{"a", 2}, {"b", 1}, {"*", 255}})));
  EXPECT_TRUE(MayManage(admin, Make("u", "admin", {})));
  EXPECT_TRUE(MayManage(admin, Make("u", "admin", {{"a", 254}, {"b", 1}})));
  EXPECT_FALSE(MayManage(admin, Make("u", "admin", {{"a", 1}, {"c", 1}})));
  EXPECT_FALSE(MayManage(admin, Make("u", "admin", {{"d", 1}})));
  EXPECT_FALSE(MayManage(admin, Make("u", "immudb", {{"a", 1}})));
  EXPECT_FALSE(MayManage(admin, Make("u", "", {{"a", 1}})));
  EXPECT_FALSE(MayManage(admin, Make("u", "admin", {{"a", 255}})));
  EXPECT_FALSE(MayManage(admin, Make("immudb", "admin", {})));
}

TEST(RightsTest, AFirstGrantCountsAndALaterOneOfTheSameDatabaseDoesNot) {
  EXPECT_FALSE(AdministersAny(Make("u", "immudb", {{"a", 1}, {"a", 254}})));
}

TEST(RightsTest, RightsElsewhereAreHiddenFromAnAdministrator) {
  const User admin = Make("admin", "immudb", {{"a", 254}, {"b", 2}});
  const User target = Make("u", "immudb", {{"a", 1}, {"b", 1}, {"c", 254}});
  EXPECT_EQ(AsSeenBy(admin, target).grants, (std::vector<Grant>{{"a", 1}}));
  EXPECT_EQ(AsSeenBy(admin, admin).grants, admin.grants);
}

}  // namespace
}  // namespace immudb::auth
