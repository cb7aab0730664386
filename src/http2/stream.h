// One HTTP/2 stream that carries a call, and the handle through which a handler answers it.
//
// A stream belongs to its session's thread, but for what a handler may read. The handle keeps the
// stream alive, whatever becomes of the connection; each handle completes its stream exactly once.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_ledger.h"
#include "http2/grpc_codec.h"
#include "http2/inbox.h"
#include "http2/output.h"
#include "http2/timer_wheel.h"
#include "immudb/bytes.h"
#include "rpc/call.h"

namespace immudb::http2 {

class Session;

// What all calls of a connection share, and what stays of it when it is gone.
struct Origin {
  rpc::Peer peer;
  std::shared_ptr<Inbox> inbox;
  // Of the charges that streams carry.
  std::shared_ptr<ByteLedger> call_bytes;
  std::shared_ptr<ByteLedger> request_bytes;
};

// The request's headers, while they arrive.
struct RequestHead {
  std::size_t list_bytes = 0;
  bool is_too_large = false;
  bool is_post = false;
  bool has_content_type = false;
  bool is_grpc = false;
  Encoding encoding = Encoding::kIdentity;
  std::optional<std::int64_t> timeout_ns;
  rpc::RpcStatus refusal;  // OK, or what is wrong with the headers.
};

// Not thread-safe but where said.
class Stream : public std::enable_shared_from_this<Stream> {
 public:
  Stream(Session& owner, std::int32_t stream_id, std::shared_ptr<const Origin> from);
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { DropRequest(); }

  // Applies the handler's answer. The session's thread.
  void Complete(Answer answer);
  // Lets the session pull from `messages` again. The session's thread.
  void Resume();
  // Ends the connection, because memory for this call could not be had. The session's thread.
  void OnNoMemory();
  // Makes the request's memory hold `bytes`. Requires: bytes >= request.size().
  void ReserveRequest(std::size_t bytes);
  // Frees the request and gives its room back; a small one, which may be a secret, is wiped. For
  // whom the request belongs to.
  void DropRequest();
  // What a MessageStream calls when it has a message again.
  std::function<void()> MakeWake();

  // Constant once the call is handed out, and read by its handler on any thread.
  const std::shared_ptr<const Origin> origin;
  std::string path;
  rpc::Metadata metadata;
  std::optional<std::int64_t> deadline_ns;
  // The handler's own until it answers.
  Bytes request;
  ByteCharge request_charge;  // Of a large one.
  // Thread-safe.
  std::atomic<bool> cancelled{false};
  std::atomic<bool> wake_is_posted{false};

  // All else: the session's thread.
  Session* session;  // Null once the connection is gone.
  const std::int32_t id;
  std::size_t position = 0;     // In the session's list of open or of abandoned streams.
  bool is_open = true;          // As HTTP/2 sees it.
  bool is_handed_out = false;   // A handle exists that has not completed.
  bool was_handed_out = false;  // A handle may exist, and read.
  bool request_is_wanted = false;
  bool request_has_ended = false;
  bool is_answered = false;
  bool is_plain = false;  // Not gRPC, answered all the same; see PlainRequests.
  bool is_deferred = false;
  std::int64_t progress_ns = 0;  // When the peer last took something, or could begin to.
  std::int64_t began_ns = 0;     // When its request began to come, or got room again.
  // What it takes of its connection's share: bytes of `call_charge` and uncharged ones; bytes of
  // `request_charge`.
  std::size_t call_bytes = 0;
  std::size_t room_bytes = 0;
  std::size_t room_wanted_bytes = 0;  // More than it has: it is among the session's waiting.
  std::size_t unconsumed_bytes = 0;   // Of its window, held back until there is room.
  ByteCharge call_charge;
  rpc::Dispatcher::Admission admission;
  RequestHead head;
  rpc::Dispatcher::Method method;
  static constexpr std::size_t kPrefixBytes = 5;
  std::array<std::uint8_t, kPrefixBytes> prefix{};
  std::size_t prefix_bytes = 0;   // Of the prefix, received.
  std::size_t message_bytes = 0;  // As the prefix says.
  bool is_large = false;          // Its message doesn't fit its first window.
  Output pending;
  ByteCharge pending_charge;  // For what `pending` holds as copies.
  std::unique_ptr<rpc::MessageStream> messages;
  std::function<void()> wake;  // For `messages`.
  rpc::RpcStatus status;       // Sent when `pending` and `messages` are exhausted.
  Timer deadline;
};

// The handler's side.
class CallHandle final : public rpc::Call {
 public:
  explicit CallHandle(std::shared_ptr<Stream> stream) : stream_(std::move(stream)) {}
  CallHandle(const CallHandle&) = delete;
  CallHandle& operator=(const CallHandle&) = delete;
  ~CallHandle() override;

  std::string_view method() const override { return stream_->path; }
  const rpc::Metadata& metadata() const override { return stream_->metadata; }
  const rpc::Peer& peer() const override { return stream_->origin->peer; }
  std::optional<std::int64_t> deadline_ns() const override { return stream_->deadline_ns; }
  BytesView request() const override { return stream_->request; }
  bool cancelled() const override { return stream_->cancelled.load(std::memory_order_relaxed); }
  void Finish(rpc::RpcStatus status, Bytes reply) override;
  void FinishWithStream(std::unique_ptr<rpc::MessageStream> stream) override;
  void Refuse(rpc::RpcStatus status) override;

 private:
  void Complete(Answer answer);

  const std::shared_ptr<Stream> stream_;  // Shared with the session and the inbox.
  std::atomic<bool> is_answered_{false};
};

}  // namespace immudb::http2
