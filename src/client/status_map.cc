#include "client/status_map.h"

#include <array>
#include <string_view>

#include "base/check.h"
#include "base/error.h"

namespace immudb::client {
namespace {

struct KnownText {
  std::string_view text;
  enum class Match : std::uint8_t { kWhole, kPart } match;
  Code code;
};
using Match = KnownText::Match;

// What servers say with the code "unknown", or with one that says too little.
constexpr std::array kKnownTexts = {
    KnownText{"please login first", Match::kWhole, Code::kUnauthenticated},
    KnownText{"please login", Match::kWhole, Code::kUnauthenticated},
    KnownText{"Please login", Match::kWhole, Code::kUnauthenticated},
    KnownText{"invalid root index", Match::kWhole, Code::kConflict},
    KnownText{"permission", Match::kPart, Code::kDenied},
    KnownText{"user is not active", Match::kWhole, Code::kDenied},
    KnownText{"already exists", Match::kPart, Code::kExists},
    KnownText{"does not exist", Match::kPart, Code::kNotFound},
    KnownText{"was not found", Match::kPart, Code::kNotFound},
};

bool Matches(const KnownText& known, std::string_view text) {
  if (known.match == Match::kWhole) return text == known.text;
  return text.find(known.text) != std::string_view::npos;
}

// The last part of what gRPC says about a connection is the operating system's reason.
std::string_view ReasonIn(std::string_view text) {
  const std::size_t colon = text.rfind(": ");
  return colon == std::string_view::npos ? text : text.substr(colon + 2);
}

Error Unreachable(const RpcReply& reply, const std::string& server) {
  const bool is_from_server = !reply.server_uuid.empty();
  if (is_from_server) return Fail(Code::kUnavailable, "{}: {}", server, reply.message);
  return Fail(Code::kUnavailable, "cannot reach immudb at {}: {}", server, ReasonIn(reply.message));
}

}  // namespace

Error ErrorOf(const RpcReply& reply, const std::string& server) {
  IMMUDB_CHECK(reply.code != WireCode::kOk);
  if (reply.code == WireCode::kUnknown || reply.code == WireCode::kInvalidArgument) {
    for (const KnownText& known : kKnownTexts) {
      if (Matches(known, reply.message)) return {known.code, reply.message};
    }
  }
  switch (reply.code) {
    case WireCode::kOk: break;
    case WireCode::kCancelled: return {Code::kClosed, "the call was cancelled"};
    case WireCode::kDeadlineExceeded:
      return Fail(Code::kUnavailable, "no answer from immudb at {} in time", server);
    case WireCode::kUnavailable: return Unreachable(reply, server);
    case WireCode::kUnknown:
    case WireCode::kInvalidArgument:
    case WireCode::kOutOfRange: return {Code::kInvalidArgument, reply.message};
    case WireCode::kNotFound: return {Code::kNotFound, reply.message};
    case WireCode::kAlreadyExists: return {Code::kExists, reply.message};
    case WireCode::kPermissionDenied: return {Code::kDenied, reply.message};
    case WireCode::kUnauthenticated: return {Code::kUnauthenticated, reply.message};
    case WireCode::kResourceExhausted: return {Code::kExhausted, reply.message};
    case WireCode::kFailedPrecondition:
    case WireCode::kUnimplemented: return {Code::kUnsupported, reply.message};
    case WireCode::kAborted: return {Code::kConflict, reply.message};
    case WireCode::kInternal: return {Code::kIo, reply.message};
    case WireCode::kDataLoss: return {Code::kCorrupted, reply.message};
  }
  return {Code::kIo, reply.message};
}

}  // namespace immudb::client
