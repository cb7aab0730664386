#include "http2/grpc_codec.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "base/error.h"

namespace immudb::http2 {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> MakeBase64Values() {
  std::array<std::int8_t, 256> values{};
  for (auto& value : values) value = -1;
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kBase64Values = MakeBase64Values();

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::string_view kGrpc = "application/grpc";
constexpr std::string_view kBlanks = " \t";
constexpr int kGzipHeader = 16;  // zlib's way to ask for gzip instead of its own format.

constexpr std::size_t kStepBytes = 16U << 10;  // Of decompression.

// zlib's memory holds what it has decompressed, which may be a secret. The size is kept in front.
constexpr std::size_t kSizeBytes = alignof(std::max_align_t);

void* Allocate(void* /*opaque*/, unsigned count, unsigned size) {
  const std::size_t bytes = kSizeBytes + std::size_t{count} * size;
  void* const block = std::malloc(bytes);  // NOLINT(*-no-malloc): zlib must not see an exception.
  if (block == nullptr) return nullptr;
  std::memcpy(block, &bytes, sizeof bytes);
  return static_cast<std::uint8_t*>(block) + kSizeBytes;
}

void WipeAndRelease(void* /*opaque*/, void* memory) {
  void* const block = static_cast<std::uint8_t*>(memory) - kSizeBytes;
  std::size_t bytes = 0;
  std::memcpy(&bytes, block, sizeof bytes);
  explicit_bzero(block, bytes);
  std::free(block);  // NOLINT(*-no-malloc)
}

constexpr std::size_t kTimeoutDigitsMax = 8;
constexpr std::int64_t kTimeoutNsMax = 365LL * 24 * 3600 * 1'000'000'000;

}  // namespace

std::optional<Encoding> ParseEncoding(std::string_view name) {
  if (name == "identity") return Encoding::kIdentity;
  if (name == "deflate") return Encoding::kDeflate;
  if (name == "gzip") return Encoding::kGzip;
  return std::nullopt;
}

std::string PercentEncode(std::string_view text) {
  std::string encoded;
  encoded.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte <= 0x7E && c != '%') {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kHexDigits[byte >> 4];
      encoded += kHexDigits[byte & 15];
    }
  }
  return encoded;
}

std::string EncodeBinaryValue(std::string_view bytes) {
  std::string encoded;
  encoded.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      encoded += kBase64[bits >> bit_count & 63];
    }
  }
  if (bit_count > 0) encoded += kBase64[bits << (6 - bit_count) & 63];
  return encoded;
}

Result<std::string> DecodeBinaryValue(std::string_view text) {
  if (text.size() % 4 == 0) {
    if (text.ends_with("==")) {
      text.remove_suffix(2);
    } else if (text.ends_with('=')) {
      text.remove_suffix(1);
    }
  }
  if (text.size() % 4 == 1) return Fail(Code::kInvalidArgument, "base64 of impossible length");
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const std::int8_t value = kBase64Values[static_cast<unsigned char>(c)];
    if (value < 0) return Fail(Code::kInvalidArgument, "not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>(bits >> bit_count & 255);
    }
  }
  return bytes;
}

std::optional<std::int64_t> ParseTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigitsMax + 1) return std::nullopt;
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    count = count * 10 + (c - '0');
  }
  std::int64_t unit_ns = 0;
  switch (text.back()) {
    case 'H': unit_ns = 3'600'000'000'000; break;
    case 'M': unit_ns = 60'000'000'000; break;
    case 'S': unit_ns = 1'000'000'000; break;
    case 'm': unit_ns = 1'000'000; break;
    case 'u': unit_ns = 1'000; break;
    case 'n': unit_ns = 1; break;
    default: return std::nullopt;
  }
  return count > kTimeoutNsMax / unit_ns ? kTimeoutNsMax : count * unit_ns;
}

bool IsGrpcContentType(std::string_view value) {
  if (!value.starts_with(kGrpc)) return false;
  return value.size() == kGrpc.size() || value[kGrpc.size()] == '+' || value[kGrpc.size()] == ';';
}

std::string_view TrimBlanks(std::string_view value) {
  const std::size_t first = value.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(kBlanks) - first + 1);
}

Result<Bytes> Decompress(Encoding encoding, BytesView message, std::size_t bytes_max) {
  IMMUDB_CHECK(encoding != Encoding::kIdentity);
  z_stream stream{};
  stream.zalloc = Allocate;
  stream.zfree = WipeAndRelease;
  // "deflate" is the zlib format (RFC 9110 section 8.4.1.2).
  const int window_bits = MAX_WBITS + (encoding == Encoding::kGzip ? kGzipHeader : 0);
  if (inflateInit2(&stream, window_bits) != Z_OK) {
    return Fail(Code::kExhausted, "no memory to decompress");
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream, inflateEnd);
  // zlib's interface is not const-correct; it does not write there.
  stream.next_in = const_cast<Bytef*>(message.data());  // NOLINT(*-const-cast)
  stream.avail_in = static_cast<uInt>(message.size());
  std::array<std::uint8_t, kStepBytes> step;  // NOLINT: written before it is read
  const auto wipe = [](std::uint8_t* bytes) { explicit_bzero(bytes, kStepBytes); };
  const std::unique_ptr<std::uint8_t, decltype(wipe)> wiped(step.data(), wipe);
  Bytes plain;
  for (int result = Z_OK; result != Z_STREAM_END;) {
    stream.next_out = step.data();
    stream.avail_out = static_cast<uInt>(step.size());
    result = inflate(&stream, Z_NO_FLUSH);
    const std::size_t made = step.size() - stream.avail_out;
    if (result != Z_OK && result != Z_STREAM_END) {
      return Fail(Code::kInvalidArgument, "damaged compressed message");
    }
    if (made > bytes_max - plain.size()) {
      return Fail(Code::kLimitExceeded, "decompressed message larger than {}", bytes_max);
    }
    plain.insert(plain.end(), step.begin(), step.begin() + static_cast<std::ptrdiff_t>(made));
    if (made == 0 && stream.avail_in == 0 && result != Z_STREAM_END) {
      return Fail(Code::kInvalidArgument, "cut compressed message");
    }
  }
  if (stream.avail_in != 0) return Fail(Code::kInvalidArgument, "bytes after compressed message");
  return plain;
}

}  // namespace immudb::http2
