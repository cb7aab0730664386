// Result<T>: the one way a function in this project reports an expected failure.
//
// A failure is *expected* when the outside world can cause it: a missing key, a full disk, a
// damaged file, a hostile request. Breaking a function's own precondition is a bug, not a failure,
// and ends the process.

#pragma once

#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace immudb {

// What went wrong, in terms of this database. Closed on purpose: every switch over it is
// exhaustive (-Werror=switch), so a new code cannot be forgotten by the RPC or CLI mappings.
enum class Code : std::uint8_t {
  kInvalidArgument,  // The request can never succeed as stated.
  kNotFound,         // The key, entry or database does not exist.
  kExists,           // What should be created is already there.
  kConflict,         // A precondition no longer holds; retrying may succeed.
  kDenied,           // The caller is known and may not do this.
  kUnauthenticated,  // The caller is not known.
  kLimitExceeded,    // A fixed limit of the format: the request can never succeed at this size.
  kExhausted,        // Space, memory or a quota is used up for now; nothing was changed.
  kUnavailable,      // Shutting down or overloaded; nothing was changed.
  kUnsupported,      // A format version or feature this build does not know.
  kClosed,           // The object was closed or has failed before.
  kIo,               // The operating system refused; the state on disk is as documented.
  kCorrupted,        // Stored bytes contradict their checksum or their format.
  kTampered,         // A cryptographic proof does not hold. Never retried, always reported.
};

struct Error {
  Code code;
  std::string message;  // For people: lower case, no trailing stop, names the object.
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  using Base = tl::expected<T, Error>;

 public:
  using Base::Base;
  Result(Error error) : Base(tl::unexpect, std::move(error)) {}  // NOLINT: implicit by design
};

using Status = Result<void>;

}  // namespace immudb
