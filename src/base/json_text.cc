#include "base/json_text.h"

#include <fmt/format.h>

#include "base/unicode.h"

namespace immudb {

void AppendJsonString(std::string& out, std::string_view text) {
  out += '"';
  for (const char32_t character : DecodeUtf8(text)) {
    if (character == U'"' || character == U'\\') {
      out += '\\';
      out += static_cast<char>(character);
    } else if (character == U'\n') {
      out += "\\n";
    } else if (character >= 0x20 && character < 0x7f) {
      out += static_cast<char>(character);
    } else if (character < 0x10000) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(character));
    } else {  // As two halves of UTF-16.
      const auto rest = static_cast<unsigned>(character) - 0x10000;
      fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xd800 + (rest >> 10),
                     0xdc00 + (rest & 0x3ff));
    }
  }
  out += '"';
}

}  // namespace immudb
