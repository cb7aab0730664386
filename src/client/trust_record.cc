#include "client/trust_record.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/hex.h"
#include "crypto/sha256.h"

namespace immudb::client {
namespace {

constexpr std::string_view kFirstLine = "immudb client state 1";
constexpr std::string_view kAnyFirstLine = "immudb client state ";
constexpr std::string_view kNameDomain = "immudb client state";

std::string_view OriginName(TrustOrigin origin) {
  switch (origin) {
    case TrustOrigin::kFirstUse: return "first-use";
    case TrustOrigin::kGiven: return "given";
    case TrustOrigin::kSigned: return "signed";
  }
  return "";
}

std::optional<TrustOrigin> OriginOf(std::string_view name) {
  for (const TrustOrigin origin :
       {TrustOrigin::kFirstUse, TrustOrigin::kGiven, TrustOrigin::kSigned}) {
    if (OriginName(origin) == name) return origin;
  }
  return std::nullopt;
}

std::string Escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c >= '!' && c <= '~' && c != '%') {
      out += c;
    } else {
      out += Text("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string ChecksumOf(std::string_view text) {
  return ToHex(crypto::Sha256(AsBytes(text)));
}

// Takes the rest of a line that begins with `label` off the text.
std::optional<std::string_view> TakeLine(std::string_view& text, std::string_view label) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || !text.starts_with(label)) return std::nullopt;
  const std::string_view value = text.substr(label.size(), end - label.size());
  text.remove_prefix(end + 1);
  return value;
}

template <typename Number>
std::optional<Number> ToNumber(std::string_view digits) {
  Number number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, fault] = std::from_chars(digits.data(), end, number);
  if (fault != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<Digest> ToDigest(std::string_view hex) {
  const Result<Bytes> bytes = FromHex(hex);
  Digest digest{};
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return digest;
}

std::optional<TrustRecord> Parse(std::string_view text, const TrustSubject& subject) {
  TrustRecord record;
  record.subject = subject;
  if (!TakeLine(text, kFirstLine) || !TakeLine(text, "server ") || !TakeLine(text, "database ")) {
    return std::nullopt;
  }
  const auto size = TakeLine(text, "size ");
  const auto root = TakeLine(text, "root ");
  const auto origin_name = TakeLine(text, "origin ");
  const auto since = TakeLine(text, "since ");
  if (!size || !root || !origin_name || !since) return std::nullopt;
  const auto size_number = ToNumber<std::uint64_t>(*size);
  const auto digest = ToDigest(*root);
  const auto origin = OriginOf(*origin_name);
  const auto since_number = ToNumber<std::int64_t>(*since);
  if (!size_number || *size_number == 0 || !digest || !origin || !since_number) {
    return std::nullopt;
  }
  record.head = {TreeSize{*size_number}, *digest};
  record.origin = *origin;
  record.since_unix_s = *since_number;
  return record;
}

}  // namespace

std::string TrustFileName(const TrustSubject& subject) {
  std::array<std::uint8_t, 8> length{};
  PutU64(length.data(), subject.server.size());
  const std::array<BytesView, 4> parts{AsBytes(kNameDomain), BytesView(length),
                                       AsBytes(subject.server), AsBytes(subject.database)};
  return ToHex(crypto::Sha256(parts));
}

std::string EncodeTrustRecord(const TrustRecord& record) {
  IMMUDB_CHECK(record.head.size.value > 0);
  std::string text =
      Text("{}\nserver {}\ndatabase {}\nsize {}\nroot {}\norigin {}\nsince {}\n", kFirstLine,
           Escaped(record.subject.server), Escaped(record.subject.database), record.head.size.value,
           ToHex(record.head.root), OriginName(record.origin), record.since_unix_s);
  text += Text("checksum {}\n", ChecksumOf(text));
  return text;
}

Result<TrustRecord> DecodeTrustRecord(std::string_view text, const TrustSubject& subject) {
  const std::string_view first = text.substr(0, text.find('\n'));
  if (first.starts_with(kAnyFirstLine) && first != kFirstLine) {
    return Fail(Code::kUnsupported, "the trusted state is of a format this client does not know");
  }
  // There is one way to write a record: whatever differs from it is damage.
  const std::optional<TrustRecord> record = Parse(text, subject);
  if (!record || EncodeTrustRecord(*record) != text) {
    return Fail(Code::kCorrupted, "the trusted state is damaged, or another database's");
  }
  return *record;
}

}  // namespace immudb::client
