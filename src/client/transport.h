// What carries calls to a server: names and bytes in, a status and bytes out. The code that checks
// proofs stands on this interface alone, so that it is tested against a server made of a few lines,
// without network and threads.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "immudb/bytes.h"

namespace immudb::client {

// The status of a call on the wire. Source: the gRPC status codes.
enum class WireCode : std::uint8_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

enum class Service : std::uint8_t {
  kData,   // That of immudb 0.8.1.
  kAdmin,  // immudb.admin.v1.
};

struct Rpc {
  std::string method;  // Without the service: "SafeSet".
  Bytes request;
  std::string token;  // Of the session; empty: the call goes without.
  std::chrono::nanoseconds timeout{};
  Service service = Service::kData;
};

struct RpcReply {
  WireCode code = WireCode::kUnknown;
  std::string message;      // Of the status.
  Bytes body;               // Of a unary call that succeeded.
  std::string server_uuid;  // As the server calls itself; empty if it did not say.
};

// Thread-safe.
class Transport {
 public:
  using Done = std::function<void(RpcReply)>;
  // Returns false to end the stream.
  using OnMessage = std::function<bool(Bytes)>;

  virtual ~Transport() = default;

  // Starts a call. `done` is called once, on any thread, perhaps before this returns.
  virtual void Start(Rpc rpc, Done done) = 0;

  // Starts a call that answers with many messages; `on_message` gets them one after the other, then
  // `done` the status.
  virtual void StartStream(Rpc rpc, OnMessage on_message, Done done) = 0;

  // Ends every call under way with kCancelled, soon, and all later ones at once.
  virtual void CancelAll() = 0;
};

}  // namespace immudb::client
