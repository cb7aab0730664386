#include "catalog/names.h"

#include <gtest/gtest.h>

#include <string>

namespace immudb::catalog {
namespace {

std::string Refusal(std::string_view name) {
  const Status status = CheckDatabaseName(name);
  return status ? "" : status.error().message;
}

TEST(NamesTest, LowerCaseLettersAndDigitsAreAName) {
  for (const char* name : {"a", "1", "db1", "defaultdb", "users", "lock",
                           "stra\xc3\x9f"
                           "e9"}) {
    EXPECT_EQ(Refusal(name), "") << name;
  }
  EXPECT_EQ(Refusal(std::string(128, 'z')), "");
}

TEST(NamesTest, EverythingElseIsRefusedWithTheTextClientsKnow) {
  EXPECT_EQ(Refusal("systemdb"), "this database name is reserved");
  EXPECT_EQ(Refusal("SYSTEMDB"), "provide a lowercase database name");
  EXPECT_EQ(Refusal(std::string(200, 'Z')), "provide a lowercase database name");
  EXPECT_EQ(Refusal(""), "database name length outside of limits");
  EXPECT_EQ(Refusal(std::string(129, 'z')), "database name length outside of limits");
  for (const char* name :
       {"my db", "db\t", "\xc2\xaa", "\xe6\x95\xb0", "a_b c", "\xf0\x9d\x90\x80"}) {
    EXPECT_EQ(Refusal(name), "unrecognized character in database name") << name;
  }
  EXPECT_EQ(Refusal(std::string(1, '\0')), "unrecognized character in database name");
  for (const char* name : {"..", "../x", "a/b", "my_db", "db.new", "db$", "\xff"}) {
    EXPECT_EQ(Refusal(name), "punctuation marks and symbols are not allowed in database name")
        << name;
  }
}

}  // namespace
}  // namespace immudb::catalog
