#include "api/status.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/log_limit.h"

namespace immudb::api {
namespace {

using rpc::RpcStatus;
using rpc::StatusCode;

RpcStatus Hidden(const Error& error, StatusCode code, const char* text) {
  // Every call may fail alike, for instance when the disk has.
  static const SystemClock clock;
  static LogLimit lines(clock);
  if (const auto left_out = lines.Allow()) {
    Log(LogLevel::kError, "a call failed: {} ({} lines left out)", error.message, *left_out);
  }
  return {code, text};
}

// Source: immudb 0.8.1, which answers so once it has found damage.
constexpr const char* kTampering =
    "the database should be checked manually as we detected possible tampering";

}  // namespace

RpcStatus StatusFor(const Error& error) {
  switch (error.code) {
    case Code::kInvalidArgument: return {StatusCode::kInvalidArgument, error.message};
    case Code::kNotFound: return {StatusCode::kNotFound, error.message};
    case Code::kExists: return {StatusCode::kAlreadyExists, error.message};
    case Code::kConflict: return {StatusCode::kAborted, error.message};
    case Code::kDenied: return {StatusCode::kPermissionDenied, error.message};
    case Code::kUnauthenticated: return {StatusCode::kUnauthenticated, error.message};
    case Code::kLimitExceeded:  // As 0.8.1 gives its storage engine's refusals.
      return {StatusCode::kUnknown, error.message};
    case Code::kExhausted: return {StatusCode::kResourceExhausted, error.message};
    case Code::kUnavailable: return {StatusCode::kUnavailable, error.message};
    case Code::kUnsupported: return {StatusCode::kFailedPrecondition, error.message};
    case Code::kClosed:
      return Hidden(error, StatusCode::kUnavailable,
                    "the database takes no calls: the server is shutting down, or a write failed "
                    "and it must be restarted");
    case Code::kIo:
      return Hidden(error, StatusCode::kInternal,
                    "the server could not read or write its files; its log says more");
    case Code::kCorrupted:
    case Code::kTampered: return Hidden(error, StatusCode::kDataLoss, kTampering);
  }
  return {StatusCode::kInternal, "unknown error"};
}

RpcStatus TooManyReads() {
  return {StatusCode::kResourceExhausted, "too many reads are waiting; try again later"};
}

RpcStatus ReplyTooLarge(std::size_t bytes, std::uint64_t bytes_max) {
  return {StatusCode::kResourceExhausted,
          Text("the reply is larger than the server sends ({} vs. {} bytes); ask for less", bytes,
               bytes_max)};
}

}  // namespace immudb::api
