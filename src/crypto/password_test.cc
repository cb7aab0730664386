#include "crypto/password.h"

#include <gtest/gtest.h>

#include <string>

#include "crypto/constant_time.h"
#include "crypto/seeded_random.h"

namespace immudb::crypto {
namespace {

constexpr PasswordCost kCheap = {.yescrypt = 1};

// Known answers of bcrypt, among them one in the form immudb 0.8.1 stores.
constexpr const char* kBcryptOfUStarU =
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

PasswordCheck Check(std::string_view password, std::string_view verifier) {
  const Result<PasswordCheck> check = VerifyPassword(password, verifier, kCheap);
  EXPECT_TRUE(check.has_value());
  return check.value_or(PasswordCheck::kWrong);
}

TEST(PasswordTest, AVerifierAcceptsItsPasswordAndNoOther) {
  SystemRandom random;
  const Result<std::string> verifier = HashPassword("MyPassw0rd!", kCheap, random);
  ASSERT_TRUE(verifier.has_value());
  EXPECT_TRUE(verifier->starts_with("$y$"));
  EXPECT_EQ(verifier->find("MyPassw0rd"), std::string::npos);
  EXPECT_EQ(Check("MyPassw0rd!", *verifier), PasswordCheck::kRight);
  EXPECT_EQ(Check("MyPassw0rd?", *verifier), PasswordCheck::kWrong);
  EXPECT_EQ(Check("", *verifier), PasswordCheck::kWrong);
}

TEST(PasswordTest, TheSameRandomnessMakesTheSameVerifierAndOtherRandomnessAnother) {
  SeededRandom first(1);
  SeededRandom same(1);
  SeededRandom other(2);
  const Result<std::string> verifier = HashPassword("secret", kCheap, first);
  EXPECT_EQ(*verifier, *HashPassword("secret", kCheap, same));
  EXPECT_NE(*verifier, *HashPassword("secret", kCheap, other));
}

TEST(PasswordTest, AVerifierOfAnotherCostIsRightButOutdated) {
  SystemRandom random;
  const Result<std::string> verifier = HashPassword("secret", {.yescrypt = 2}, random);
  EXPECT_EQ(Check("secret", *verifier), PasswordCheck::kRightButOutdated);
  EXPECT_EQ(Check("Secret", *verifier), PasswordCheck::kWrong);
}

TEST(PasswordTest, BcryptVerifiersAreRightButOutdated) {
  EXPECT_EQ(Check("U*U", kBcryptOfUStarU), PasswordCheck::kRightButOutdated);
  EXPECT_EQ(Check("U*U*", kBcryptOfUStarU), PasswordCheck::kWrong);
  for (const char version : {'b', 'y'}) {
    std::string verifier = kBcryptOfUStarU;
    verifier[2] = version;
    EXPECT_EQ(Check("U*U", verifier), PasswordCheck::kRightButOutdated);
  }
}

TEST(PasswordTest, BcryptSeesSeventyTwoBytes) {
  constexpr const char* kVerifier = "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui";
  const std::string text =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  EXPECT_EQ(Check(text, kVerifier), PasswordCheck::kRightButOutdated);
  EXPECT_EQ(Check(text + "chars after 72 are ignored", kVerifier),
            PasswordCheck::kRightButOutdated);
  EXPECT_EQ(Check(text + std::string(600, 'x'), kVerifier), PasswordCheck::kRightButOutdated);
  EXPECT_EQ(Check(text.substr(0, 71), kVerifier), PasswordCheck::kWrong);
}

TEST(PasswordTest, LongPasswordsAreWholeOrRefusedNeverCut) {
  SystemRandom random;
  const std::string longest(kPasswordBytesMax, 'x');
  const Result<std::string> verifier = HashPassword(longest, kCheap, random);
  ASSERT_TRUE(verifier.has_value());
  EXPECT_EQ(Check(longest, *verifier), PasswordCheck::kRight);
  EXPECT_EQ(Check(longest.substr(1), *verifier), PasswordCheck::kWrong);
  EXPECT_EQ(Check(longest + "x", *verifier), PasswordCheck::kWrong);
  EXPECT_EQ(HashPassword(longest + "x", kCheap, random).error().code, Code::kInvalidArgument);
}

TEST(PasswordTest, AZeroByteDoesNotEndAPassword) {
  SystemRandom random;
  const std::string with_zero("se\0cret", 7);
  EXPECT_EQ(HashPassword(with_zero, kCheap, random).error().code, Code::kInvalidArgument);
  const Result<std::string> verifier = HashPassword("se", kCheap, random);
  EXPECT_EQ(Check("se", *verifier), PasswordCheck::kRight);
  EXPECT_EQ(Check(with_zero, *verifier), PasswordCheck::kWrong);
  EXPECT_EQ(Check(std::string("U*U\0x", 5), kBcryptOfUStarU), PasswordCheck::kWrong);
}

TEST(PasswordTest, VerifiersOfOtherMethodsOrCostsAreUnsupported) {
  std::string costly = kBcryptOfUStarU;
  costly[4] = '3';
  std::string cheap = kBcryptOfUStarU;
  cheap[5] = '3';
  const std::string with_zero = std::string(kBcryptOfUStarU).replace(20, 1, 1, '\0');
  const std::string bad_salt = std::string(kBcryptOfUStarU).replace(20, 1, "!");
  for (const std::string& verifier :
       {std::string(), std::string("*0"), std::string("secret"), std::string("$y$"),
        std::string("$y$j9T"), std::string("$y$jzzzzz$abc$def"), std::string("$6$salt$hash"),
        std::string("$2a$05$"), costly, cheap, with_zero, bad_salt}) {
    const Result<PasswordCheck> check = VerifyPassword("secret", verifier, kCheap);
    ASSERT_FALSE(check.has_value()) << verifier;
    EXPECT_EQ(check.error().code, Code::kUnsupported) << verifier;
  }
}

TEST(PasswordTest, EveryChangedCharacterOfAVerifierIsNoticed) {
  SystemRandom random;
  const Result<std::string> verifier = HashPassword("secret", kCheap, random);
  for (std::size_t i = 0; i < verifier->size(); i++) {
    std::string changed = *verifier;
    changed[i] = changed[i] == 'a' ? 'b' : 'a';
    const Result<PasswordCheck> check = VerifyPassword("secret", changed, kCheap);
    EXPECT_TRUE(!check.has_value() || *check == PasswordCheck::kWrong) << i;
  }
}

class NoRandom : public RandomSource {
 public:
  Status Fill(std::span<std::uint8_t> /*out*/) override {
    return Error{Code::kUnavailable, "no entropy"};
  }
};

TEST(PasswordTest, WithoutRandomnessNoVerifierIsMade) {
  NoRandom random;
  EXPECT_EQ(HashPassword("secret", kCheap, random).error().code, Code::kUnavailable);
}

TEST(PasswordDeathTest, ACostOutOfRangeIsABug) {
  SystemRandom random;
  EXPECT_DEATH((void)HashPassword("secret", {.yescrypt = 0}, random), "check failed");
  EXPECT_DEATH((void)HashPassword("secret", {.yescrypt = 12}, random), "check failed");
}

}  // namespace
}  // namespace immudb::crypto
