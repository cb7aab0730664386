#include "catalog/server_id.h"

#include "base/error.h"

namespace immudb::catalog {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghijklmnopqrstuv";  // RFC 4648 section 7.
constexpr std::size_t kTextLength = 20;
constexpr std::uint32_t kBitsPerCharacter = 5;

}  // namespace

std::string ServerIdText(const ServerId& id) {
  std::string text;
  text.reserve(kTextLength);
  std::uint32_t bits = 0;
  std::uint32_t bit_count = 0;
  for (const std::uint8_t byte : id) {
    bits = bits << 8 | byte;
    bit_count += 8;
    while (bit_count >= kBitsPerCharacter) {
      bit_count -= kBitsPerCharacter;
      text.push_back(kAlphabet[bits >> bit_count & 31]);
    }
  }
  text.push_back(kAlphabet[bits << (kBitsPerCharacter - bit_count) & 31]);
  return text;
}

Result<ServerId> ParseServerId(std::string_view text) {
  ServerId id{};
  std::size_t filled = 0;
  std::uint32_t bits = 0;
  std::uint32_t bit_count = 0;
  for (const char character : text) {
    const std::size_t value = kAlphabet.find(character);
    if (value == std::string_view::npos) break;
    bits = bits << kBitsPerCharacter | static_cast<std::uint32_t>(value);
    bit_count += kBitsPerCharacter;
    if (bit_count < 8) continue;
    bit_count -= 8;
    if (filled < id.size()) id[filled] = static_cast<std::uint8_t>(bits >> bit_count);
    ++filled;
  }
  if (ServerIdText(id) != text) {
    return Fail(Code::kInvalidArgument, "not a server identifier: {}", text);
  }
  return id;
}

}  // namespace immudb::catalog
