// Characters of Unicode: taking them out of UTF-8 text, and of which kind they are.
//
// Source: general categories of the Unicode character database; tools/make_unicode_tables.py makes
// the tables.

#pragma once

#include <string>
#include <string_view>

namespace immudb {

// The characters of `text`. Each byte that belongs to no well-formed character counts as one
// U+FFFD, as in Go.
std::u32string DecodeUtf8(std::string_view text);

bool IsLowerCaseLetter(char32_t character);      // Category Ll.
bool IsUpperCaseLetter(char32_t character);      // Lu.
bool IsDecimalDigit(char32_t character);         // Nd.
bool IsPunctuationOrSymbol(char32_t character);  // P*, S*.
bool HasLowerCaseForm(char32_t character);       // Other than itself.

}  // namespace immudb
