// The small encodings of gRPC over HTTP/2: status texts, binary metadata, timeouts, content types
// and compressed messages. Pure functions over bytes from outside.
//
// Source: grpc/doc/PROTOCOL-HTTP2.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::http2 {

// How a message with the compressed flag is compressed.
enum class Encoding : std::uint8_t { kIdentity, kDeflate, kGzip };

// The value of grpc-accept-encoding.
inline constexpr std::string_view kEncodingsAccepted = "identity,deflate,gzip";

// Returns what `name`, the value of grpc-encoding, means, or nothing if it is not accepted.
std::optional<Encoding> ParseEncoding(std::string_view name);

// Returns `text` with every byte outside 0x20-0x7E, and '%', as %XX: the form of grpc-message.
std::string PercentEncode(std::string_view text);

// Returns `bytes` in base64 without padding: the form of a "-bin" value that is sent.
std::string EncodeBinaryValue(std::string_view bytes);

// Decodes one "-bin" value, padded or not.
// Errors: kInvalidArgument for another character, an impossible length or misplaced padding.
Result<std::string> DecodeBinaryValue(std::string_view text);

// Returns the nanoseconds that a grpc-timeout names, at most one year, or nothing if it is
// malformed: one to eight digits and a unit (H, M, S, m, u, n).
std::optional<std::int64_t> ParseTimeout(std::string_view text);

// True for "application/grpc", alone or before '+' or ';', so not for application/grpc-web.
bool IsGrpcContentType(std::string_view value);

// Returns `value` without leading and trailing blanks and tabs.
std::string_view TrimBlanks(std::string_view value);

// Returns the decompressed message.
// Requires: encoding != kIdentity.
// Errors: kLimitExceeded if it is larger than `bytes_max` (no more than that is ever held),
// kInvalidArgument if `message` is not one whole compressed stream.
Result<Bytes> Decompress(Encoding encoding, BytesView message, std::size_t bytes_max);

}  // namespace immudb::http2
