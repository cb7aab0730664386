#include "auth/user_registry.h"

#include <gtest/gtest.h>

#include "auth/users_file.h"
#include "base/error.h"

namespace immudb::auth {
namespace {

class UserRegistryTest : public testing::Test {
 protected:
  UserRegistry registry_{[this](BytesView file) -> Status {
    if (store_error_) return *store_error_;
    stored_.assign(file.begin(), file.end());
    return {};
  }};
  std::optional<Error> store_error_;
  Bytes stored_;
};

User Named(std::string name) {
  User user;
  user.name = std::move(name);
  user.verifier = "v1";
  return user;
}

TEST_F(UserRegistryTest, WhatWasStoredIsFoundByARegistryThatLoadsIt) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  ASSERT_TRUE(registry_.Create(Named("bob")));
  UserRegistry other([](BytesView) { return Status(); });
  ASSERT_TRUE(other.Load(stored_));
  ASSERT_NE(other.Find("alice"), nullptr);
  EXPECT_EQ(*other.Find("bob"), *registry_.Find("bob"));
  EXPECT_EQ(other.Find("carol"), nullptr);
}

TEST_F(UserRegistryTest, ADamagedFileLeavesTheUsersAsTheyWere) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  Bytes damaged = stored_;
  damaged.back() ^= 1;
  const Status loaded = registry_.Load(damaged);
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, Code::kCorrupted);
  EXPECT_NE(registry_.Find("alice"), nullptr);
}

TEST_F(UserRegistryTest, AChangeThatCannotBeStoredDoesNotHappen) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  store_error_ = Fail(Code::kExhausted, "disk full");
  EXPECT_EQ(registry_.Create(Named("bob")).error().code, Code::kExhausted);
  EXPECT_EQ(registry_.Find("bob"), nullptr);
  User changed = Named("alice");
  changed.active = false;
  EXPECT_FALSE(registry_.Replace(changed));
  EXPECT_FALSE(registry_.RefreshVerifier("alice", "v1", "v2"));
  EXPECT_EQ(*registry_.Find("alice"), Named("alice"));
}

TEST_F(UserRegistryTest, AnExistingUserIsNotCreatedAgain) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  const Status again = registry_.Create(Named("alice"));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, Code::kExists);
  EXPECT_EQ(again.error().message, "user already exists");
}

TEST_F(UserRegistryTest, EachReplacementIsANewVersion) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  User changed = Named("alice");
  changed.version = 77;
  ASSERT_TRUE(registry_.Replace(changed));
  EXPECT_EQ(registry_.Find("alice")->version, 2u);
  ASSERT_TRUE(registry_.Replace(changed));
  EXPECT_EQ(registry_.Find("alice")->version, 3u);
  EXPECT_EQ(registry_.Replace(Named("bob")).error().code, Code::kNotFound);
}

TEST_F(UserRegistryTest, ARefreshedVerifierIsTheSameVersionAndLosesToAPasswordChange) {
  ASSERT_TRUE(registry_.Create(Named("alice")));
  ASSERT_TRUE(registry_.RefreshVerifier("alice", "v1", "v2"));
  EXPECT_EQ(registry_.Find("alice")->verifier, "v2");
  EXPECT_EQ(registry_.Find("alice")->version, 1u);
  EXPECT_EQ(DecodeUsers(stored_)->front().verifier, "v2");
  const Status late = registry_.RefreshVerifier("alice", "v1", "v3");
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::kConflict);
  EXPECT_EQ(registry_.Find("alice")->verifier, "v2");
}

}  // namespace
}  // namespace immudb::auth
