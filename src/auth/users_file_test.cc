#include "auth/users_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/hex.h"
#include "base/testing/format_page.h"

namespace immudb::auth {
namespace {

std::vector<User> ExampleUsers() {
  return {{.name = "immudb",
           .grants = {{.database = "*", .code = kPermissionSystem}},
           .active = true,
           .created_by = "",
           .created_at_us = 1'600'000'000'000'000,
           .verifier = "$y$j9T$salt$hash",
           .version = 1},
          {.name = "reader",
           .grants = {{.database = "defaultdb", .code = kPermissionRead}},
           .active = false,
           .created_by = "immudb",
           .created_at_us = 1'600'000'060'000'000,
           .verifier = "$2a$10$bcrypt",
           .version = 3}};
}

TEST(UsersFileTest, TheExampleOfTheFormatPageIsWhatIsWrittenAndRead) {
  const Bytes example = ExampleOfPage("users.md");
  EXPECT_EQ(ToHex(EncodeUsers(ExampleUsers())), ToHex(example));
  const auto users = DecodeUsers(example);
  ASSERT_TRUE(users) << users.error().message;
  EXPECT_EQ(*users, ExampleUsers());
}

TEST(UsersFileTest, UsersAreWrittenByNameWhateverTheirOrder) {
  std::vector<User> users = ExampleUsers();
  std::swap(users[0], users[1]);
  EXPECT_EQ(EncodeUsers(users), EncodeUsers(ExampleUsers()));
}

TEST(UsersFileTest, AFileWithoutUsersIsOne) {
  const auto users = DecodeUsers(EncodeUsers({}));
  ASSERT_TRUE(users);
  EXPECT_TRUE(users->empty());
}

TEST(UsersFileTest, EveryChangedBitIsNoticed) {
  const Bytes good = EncodeUsers(ExampleUsers());
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes bad = good;
      bad[i] = static_cast<std::uint8_t>(bad[i] ^ (1 << bit));
      const auto users = DecodeUsers(bad);
      ASSERT_FALSE(users) << "byte " << i;
      EXPECT_EQ(users.error().code, Code::kCorrupted);
    }
  }
}

TEST(UsersFileTest, EveryShortenedOrLengthenedFileIsNoticed) {
  const Bytes good = EncodeUsers(ExampleUsers());
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(DecodeUsers(BytesView(good).first(size))) << size;
  }
  Bytes longer = good;
  longer.push_back(0);
  EXPECT_FALSE(DecodeUsers(longer));
}

TEST(UsersFileTest, NoByteBehindAFittingChecksumIsTrusted) {
  const Bytes good = EncodeUsers(ExampleUsers());
  for (std::size_t i = 0; i + 4 < good.size(); ++i) {
    for (const int value : {0x00, 0x01, 0x7f, 0xff}) {
      Bytes changed = good;
      changed[i] = static_cast<std::uint8_t>(value);
      const auto users = DecodeUsers(Resealed(changed));
      if (!users) continue;
      // What is read must be what would be written: nothing is skipped or guessed but the bytes of
      // features that a reader may ignore, and the reserved ones.
      const bool is_ignored = (i >= 12 && i < 20) || (i >= 28 && i < 32);
      if (!is_ignored) {
        EXPECT_EQ(ToHex(EncodeUsers(*users)), ToHex(Resealed(changed))) << i;
      }
    }
  }
}

TEST(UsersFileTest, NewerVersionsAndUnknownFeaturesAreRefusedAsSuch) {
  Bytes file = EncodeUsers(ExampleUsers());
  file[8] = 2;
  auto users = DecodeUsers(Resealed(file));
  ASSERT_FALSE(users);
  EXPECT_EQ(users.error().code, Code::kUnsupported);
  file[8] = 1;
  file[20] = 1;
  users = DecodeUsers(Resealed(file));
  ASSERT_FALSE(users);
  EXPECT_EQ(users.error().code, Code::kUnsupported);
}

TEST(UsersFileTest, ANameThatIsThereTwiceIsDamage) {
  std::vector<User> users = ExampleUsers();
  users[1].name = "immudc";
  Bytes file = EncodeUsers(users);
  // The last letter of the second name, the first byte sequence of its record but the length.
  const Bytes second = {'i', 'm', 'm', 'u', 'd', 'c'};
  const auto at = std::search(file.begin(), file.end(), second.begin(), second.end());
  ASSERT_NE(at, file.end());
  *(at + 5) = 'b';
  const auto decoded = DecodeUsers(Resealed(file));
  ASSERT_FALSE(decoded);
  EXPECT_EQ(decoded.error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::auth
