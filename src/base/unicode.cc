#include "base/unicode.h"

#include <algorithm>
#include <cstdint>
#include <span>

namespace immudb {
namespace {

// Every `step`th character from `first` to `last`.
struct Run {
  char32_t first;
  char32_t last;
  char32_t step;
};

#include "base/unicode_tables.inc"

bool Contains(std::span<const Run> runs, char32_t character) {
  const auto run =
      std::lower_bound(runs.begin(), runs.end(), character,
                       [](const Run& each, char32_t value) { return each.last < value; });
  return run != runs.end() && run->first <= character && (character - run->first) % run->step == 0;
}

constexpr char32_t kReplacement = 0xfffd;

struct Decoded {
  char32_t character = kReplacement;
  std::size_t bytes = 1;
};

// What the first byte of a sequence says: how many bytes follow, its own bits, and the least
// character that needs so many.
struct Lead {
  std::size_t following;
  char32_t bits;
  char32_t minimum;
};

Lead ReadLead(std::uint8_t byte) {
  if (byte >= 0xf0 && byte < 0xf8) return {3, byte & 0x07u, 0x10000};
  if (byte >= 0xe0 && byte < 0xf0) return {2, byte & 0x0fu, 0x800};
  if (byte >= 0xc0 && byte < 0xe0) return {1, byte & 0x1fu, 0x80};
  return {0, byte < 0x80 ? byte : kReplacement, 0};
}

Decoded DecodeFirst(std::string_view text) {
  const Lead lead = ReadLead(static_cast<std::uint8_t>(text[0]));
  char32_t character = lead.bits;
  if (text.size() <= lead.following) return {};
  for (std::size_t i = 1; i <= lead.following; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0u) != 0x80u) return {};
    character = (character << 6u) | (byte & 0x3fu);
  }
  const bool is_surrogate = character >= 0xd800 && character < 0xe000;
  if (character < lead.minimum || character > 0x10ffff || is_surrogate) return {};
  return {character, lead.following + 1};
}

}  // namespace

std::u32string DecodeUtf8(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    const Decoded decoded = DecodeFirst(text);
    out += decoded.character;
    text.remove_prefix(decoded.bytes);
  }
  return out;
}

bool IsLowerCaseLetter(char32_t character) {
  return Contains(kLowerCaseLetters, character);
}

bool IsUpperCaseLetter(char32_t character) {
  return Contains(kUpperCaseLetters, character);
}

bool IsDecimalDigit(char32_t character) {
  return Contains(kDecimalDigits, character);
}

bool IsPunctuationOrSymbol(char32_t character) {
  return Contains(kPunctuationAndSymbols, character);
}

bool HasLowerCaseForm(char32_t character) {
  return Contains(kHasLowerCaseForm, character);
}

}  // namespace immudb
