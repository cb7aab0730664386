// One remote call, as the code that answers it sees it: names, bytes and a status. No transport:
// the same handler serves gRPC over HTTP/2 today and whatever carries calls tomorrow.
//
// The transport asks Dispatcher::Find when it knows the method, Dispatcher::Admit if the request is
// to cost more than little, and Dispatcher::Start when it has the whole request. The handler
// answers exactly once, from any thread, now or later.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/result.h"
#include "rpc/status.h"

namespace immudb::rpc {

// Names are lower case; values of names that end in "-bin" are decoded.
using Metadata = std::vector<std::pair<std::string, std::string>>;

// The first value of `name`, or nothing. `name` is lower case.
inline std::optional<std::string_view> FindMetadata(const Metadata& metadata,
                                                    std::string_view name) {
  for (const auto& [key, value] : metadata) {
    if (key == name) return value;
  }
  return std::nullopt;
}

struct Peer {
  std::string address;       // As text, without a port: "127.0.0.1", "::1", "unix".
  std::string network = {};  // Of that address: base/network_of.h.
  std::uint16_t port = 0;
  bool is_loopback = false;  // Decided on the socket's address, never on text.
  bool is_encrypted = false;
};

enum class MethodKind : std::uint8_t { kUnary, kServerStream };

// The messages of a server stream, pulled: the transport asks for the next one when the client's
// windows and its own buffers have room. Used by one thread at a time.
class MessageStream {
 public:
  virtual ~MessageStream() = default;

  struct Next {
    enum class Kind : std::uint8_t { kMessage, kEnd, kLater };
    Kind kind = Kind::kEnd;
    Bytes message;     // kMessage.
    RpcStatus status;  // kEnd.
  };

  // Never blocks. After kLater the transport asks again once `wake` was called (from any thread).
  virtual Next Pull(const std::function<void()>& wake) = 0;
};

// The transport's side of a call. A call is owned by its handler from Start on; destroying it
// unanswered answers INTERNAL.
//
// Thread-safe where said; all else belongs to the handler's current thread.
class Call {
 public:
  virtual ~Call() = default;

  virtual std::string_view method() const = 0;  // Full path: "/package.Service/Method".
  virtual const Metadata& metadata() const = 0;
  virtual const Peer& peer() const = 0;
  // When the client stops waiting, on Clock::MonotonicNs; absent if it named no time.
  virtual std::optional<std::int64_t> deadline_ns() const = 0;
  // The request message, decompressed. Valid until the call is answered.
  virtual BytesView request() const = 0;

  // Thread-safe. True once the client has gone or its deadline has passed: the answer is for
  // nobody.
  virtual bool cancelled() const = 0;

  // What lines of the program's log name the call by; empty: they don't. Valid until the call is
  // destroyed.
  virtual std::string_view request_id() const { return {}; }
  // Notes for the log who calls and on which database; empty: nobody, none. Before the answer.
  virtual void Describe(std::string_view /*user*/, std::string_view /*database*/) {}

  // Thread-safe. Ends the call. `reply` is ignored unless the status is OK. Only once.
  virtual void Finish(RpcStatus status, Bytes reply) = 0;

  // Thread-safe. Answers with a stream; the stream's end ends the call. Instead of Finish.
  virtual void FinishWithStream(std::unique_ptr<MessageStream> stream) = 0;

  // Thread-safe. Ends the call with an error and without the initial metadata: the request is
  // refused before it became a call, for instance because it doesn't parse. Instead of Finish.
  virtual void Refuse(RpcStatus status) { Finish(std::move(status), {}); }

  // The first value of `name`, or nothing. `name` is lower case.
  std::optional<std::string_view> FindMetadata(std::string_view name) const {
    return rpc::FindMetadata(metadata(), name);
  }
};

// What a transport serves.
// Thread-safe.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  struct Method {
    MethodKind kind = MethodKind::kUnary;
    std::uint32_t row = 0;  // The dispatcher's own number for it.
  };
  // What `path` names, or the status to refuse the call with (UNIMPLEMENTED and its like). Called
  // when the headers have arrived.
  virtual std::variant<Method, RpcStatus> Find(std::string_view path) const = 0;

  // A request that is no larger, and not compressed, costs so little that anybody may send it.
  static constexpr std::size_t kSmallRequestBytes = 16U << 10;
  struct Admission {
    // How large the request may be, also when decompressed.
    std::size_t bytes_max = std::numeric_limits<std::size_t>::max();
    RpcStatus refusal;  // The answer if it is larger.
  };
  // What the caller of `method` may make the transport take in, before the call is started. Asked
  // for requests that are not small in the sense above. Must be cheap.
  virtual Admission Admit(Method /*method*/, const Metadata& /*metadata*/,
                          const Peer& /*peer*/) const {
    return {};
  }

  // Initial metadata sent with every answer to a call that was started; not with refusals, whether
  // of Find, of Call::Refuse or of the transport (too large, bad framing).
  virtual const Metadata& initial_metadata() const = 0;

  // Handles one call whose request is complete. Must not block.
  virtual void Start(Method method, std::unique_ptr<Call> call) = 0;
};

}  // namespace immudb::rpc
