#include "catalog/names.h"

#include <algorithm>
#include <string>

#include "base/error.h"
#include "base/unicode.h"

namespace immudb::catalog {

Status CheckDatabaseName(std::string_view name) {
  if (name == kSystemDatabase)
    return Fail(Code::kInvalidArgument, "this database name is reserved");
  const std::u32string characters = DecodeUtf8(name);
  if (std::any_of(characters.begin(), characters.end(), HasLowerCaseForm)) {
    return Fail(Code::kInvalidArgument, "provide a lowercase database name");
  }
  if (name.empty() || name.size() > kDatabaseNameBytesMax) {
    return Fail(Code::kInvalidArgument, "database name length outside of limits");
  }
  bool has_punctuation = false;
  for (const char32_t character : characters) {
    if (IsLowerCaseLetter(character) || IsDecimalDigit(character)) continue;
    if (!IsPunctuationOrSymbol(character)) {
      return Fail(Code::kInvalidArgument, "unrecognized character in database name");
    }
    has_punctuation = true;
  }
  if (has_punctuation) {
    return Fail(Code::kInvalidArgument,
                "punctuation marks and symbols are not allowed in database name");
  }
  return {};
}

}  // namespace immudb::catalog
