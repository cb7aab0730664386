#include "auth/credential_rules.h"

#include <algorithm>

#include "base/error.h"
#include "base/unicode.h"

namespace immudb::auth {
namespace {

constexpr std::size_t kPasswordBytesMin = 8;
constexpr std::size_t kPasswordBytesMax = 32;

bool IsWordCharacter(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9') || character == '_';
}

bool IsStrong(std::string_view password) {
  if (password.size() < kPasswordBytesMin || password.size() > kPasswordBytesMax) return false;
  bool has_upper = false;
  bool has_digit = false;
  bool has_special = false;
  for (const char32_t character : DecodeUtf8(password)) {
    if (IsUpperCaseLetter(character)) {
      has_upper = true;
    } else if (IsDecimalDigit(character)) {
      has_digit = true;
    } else if (IsPunctuationOrSymbol(character)) {
      has_special = true;
    } else if (!IsLowerCaseLetter(character)) {
      return false;
    }
  }
  return has_upper && has_digit && has_special;
}

}  // namespace

Status CheckUserName(std::string_view name) {
  if (name.empty() || !std::all_of(name.begin(), name.end(), IsWordCharacter)) {
    return Fail(Code::kInvalidArgument,
                "username can only contain letters, digits and underscores");
  }
  if (name.size() > kUserNameBytesMax) {
    return Fail(Code::kInvalidArgument, "username can not be longer than {} bytes",
                kUserNameBytesMax);
  }
  return {};
}

Status CheckPassword(std::string_view password) {
  if (IsStrong(password)) return {};
  return Fail(Code::kInvalidArgument,
              "password must have between 8 and 32 letters, digits and special characters of which "
              "at least 1 uppercase letter, 1 digit and 1 special character");
}

}  // namespace immudb::auth
