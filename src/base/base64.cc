#include "base/base64.h"

#include "base/error.h"

namespace immudb {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

Result<Bytes> FromBase64(std::string_view text) {
  const Error malformed = Fail(Code::kInvalidArgument, "not a base64 text");
  if (text.size() % 4 != 0) return malformed;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0;
  Bytes out;
  out.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text.substr(0, text.size() - padding)) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) return malformed;
    bits = (bits << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.push_back(static_cast<std::uint8_t>(bits >> bit_count));
  }
  if ((bits & ((1u << bit_count) - 1)) != 0) return malformed;
  return out;
}

}  // namespace immudb
