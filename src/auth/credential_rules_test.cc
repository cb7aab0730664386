#include "auth/credential_rules.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb::auth {
namespace {

TEST(CredentialRulesTest, NamesAreLettersDigitsAndUnderscores) {
  for (const std::string name : {"a", "User_9", "_", "immudb"}) EXPECT_TRUE(CheckUserName(name));
  EXPECT_TRUE(CheckUserName(std::string(256, 'a')));
  EXPECT_FALSE(CheckUserName(std::string(257, 'a')));
  for (const std::string name : {"", "a b", "a-b", "\xc3\xbc", "a/b", "a\n"}) {
    const Status status = CheckUserName(name);
    ASSERT_FALSE(status) << name;
    EXPECT_EQ(status.error().message, "username can only contain letters, digits and underscores");
  }
  EXPECT_FALSE(CheckUserName(std::string("u\0", 2)));
}

TEST(CredentialRulesTest, PasswordsAreAsHardToGuessAsRecordedAndNoMore) {
  for (const std::string password :
       {"Passw0rd!", "A1!aaaaa", "A1!aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "P\xc3\xa4ssw\xc3\xb6rd1!"}) {
    EXPECT_TRUE(CheckPassword(password)) << password;
  }
  for (const std::string password :
       {"", "short1!", "nouppercase1!", "NoDigits!!", "NoSpecial1", "With space1!A",
        "A1!aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "Passw\xc3\xb6rd1!\xe6\x95\xb0", "immudb"}) {
    EXPECT_FALSE(CheckPassword(password)) << password;
  }
}

}  // namespace
}  // namespace immudb::auth
