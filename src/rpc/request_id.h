// The names that calls have in the program's log. A client may give one with the call, so that it
// finds the call in the logs of all programs that took part; else the server makes one.

#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "rpc/call.h"

namespace immudb::rpc {

inline constexpr std::string_view kRequestIdName = "x-request-id";
inline constexpr std::size_t kRequestIdBytesMax = 64;

// Whether `text` may stand in a line of the log: 1 to 64 ASCII letters, digits, and `-_.:`.
inline bool IsRequestId(std::string_view text) {
  return !text.empty() && text.size() <= kRequestIdBytesMax &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.' || c == ':';
         });
}

// The name that the client gave, if it is one that may be used.
inline std::optional<std::string_view> FindRequestId(const Metadata& metadata) {
  const std::optional<std::string_view> given = FindMetadata(metadata, kRequestIdName);
  return given && IsRequestId(*given) ? given : std::nullopt;
}

}  // namespace immudb::rpc
