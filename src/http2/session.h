// The server's side of one HTTP/2 connection that carries gRPC calls, without any I/O: bytes in,
// bytes out, and a clock. Whoever owns the socket feeds what it read and sends what Output holds.
//
// Framing, HPACK and flow control are libnghttp2's. What it leaves to the application is here:
// the sum of header sizes, work that outlives its stream, the price of useless frames, stalled
// peers, and the rules of gRPC. Requests are collected and handed to the dispatcher when they are
// complete; replies and streams of replies are produced only as the peer's windows and the socket
// have room.
//
// Sources: RFC 9113, grpc/doc/PROTOCOL-HTTP2.md; docs/decisions/0005-network-front.md.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "base/byte_ledger.h"
#include "base/clock.h"
#include "http2/counters.h"
#include "http2/inbox.h"
#include "http2/inflation_budget.h"
#include "http2/limits.h"
#include "http2/output.h"
#include "http2/stream.h"
#include "http2/timer_wheel.h"
#include "immudb/bytes.h"
#include "rpc/call.h"

struct nghttp2_session;

namespace immudb::http2 {

// Whether a request that isn't gRPC is refused (415, 405) or answered with a few bytes, as a test
// of plain HTTP/2 needs it.
enum class PlainRequests : std::uint8_t { kRefuse, kAnswer };

// What the sessions of one loop share. What it refers to outlives them.
struct Environment {
  const Limits& limits;
  rpc::Dispatcher& dispatcher;
  const Clock& clock;
  TimerWheel& timers;
  ByteLedger& reply_bytes;
  // Shared with the call handles, which may outlive all else.
  std::shared_ptr<ByteLedger> call_bytes;     // Calls with their metadata and small requests.
  std::shared_ptr<ByteLedger> request_bytes;  // Large requests.
  std::shared_ptr<Inbox> inbox;
  Counters& counters;
  InflationBudget& inflation;
  PlainRequests plain_requests = PlainRequests::kRefuse;
  Output spare_output{};  // Memory that a session borrows while it has output.
};

// Told by a session, in one of its methods or in Inbox::Deliver or TimerWheel::Advance.
class SessionHost {
 public:
  virtual ~SessionHost() = default;

  // The session may have output: Fill should be called soon, not from here. Said once until then.
  virtual void OnSessionOutput() = 0;
};

// Not thread-safe: all methods belong to the loop's thread.
class Session {
 public:
  Session(Environment& environment, SessionHost& host, rpc::Peer peer);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  // Abandons the calls that are still open. Their handles stay valid.
  ~Session();

  // Takes what the peer sent. May call the dispatcher.
  void Feed(BytesView bytes);

  // Moves bytes to output() until it holds about Limits::write_bytes_max. May pull messages.
  void Fill();

  // What waits to be sent. Its owner consumes it.
  Output& output() { return output_; }

  // Gives the memory of an empty output back.
  void ReleaseOutput();

  // True once the connection should be closed, after output() was sent.
  bool finished() const;

  // To be called about once a second: resets stalled calls, asks a silent peer for a sign.
  void Tick();

  // Tells the peer to start no more calls here. The session finishes when the open ones have
  // ended; at once if there are none.
  void Drain();

  bool preface_received() const { return preface_received_; }
  // To be called when memory could not be had for this connection: it serves no more.
  void OnNoMemory();

  // True if the peer was cut off for its behaviour: what it sends is not looked at any more.
  bool abusive() const { return is_abusive_; }
  // Calls on open streams, and of closed ones those whose handler still works.
  std::size_t open_calls() const { return open_.size(); }
  std::size_t abandoned_calls() const { return abandoned_.size(); }
  // True if what was fed last held a part of a small request, which may be a secret.
  bool was_fed_secrets() const { return was_fed_secrets_; }
  // True while the peer sends a large request that has room and nothing suspicious: reading more at
  // once pays.
  bool is_bulk() const { return is_bulk_; }

 private:
  friend class Stream;
  friend struct Callbacks;

  // Receiving: session_receive.cc.
  Stream* OnNewStream(std::int32_t id);
  int OnHeader(Stream& stream, std::string_view name, std::string_view value);
  void OnMetadata(Stream& stream, std::string_view name, std::string_view value);
  void OnHeadersEnd(Stream& stream);
  void OnData(Stream& stream, BytesView bytes);
  void OnRequestEnd(Stream& stream);
  void CollectPrefix(Stream& stream, BytesView& bytes);
  void CollectMessage(Stream& stream, BytesView& bytes);
  void FinishRequest(Stream& stream);
  bool DecompressRequest(Stream& stream);
  void OnStreamClosed(Stream& stream);
  void OnDeadline(Stream& stream);

  // What requests may hold: session_room.cc.
  bool ChargeCall(Stream& stream, std::size_t bytes);
  void WantRoom(Stream& stream, std::size_t more_bytes);
  bool TakeRoom(Stream& stream);
  void OnRoom(Stream& stream);
  void GiveRoomToWaiting();
  void OnRoomTimer();
  void DropUnfinished(Stream& stream);
  void ReleaseRoom(Stream& stream);
  void ReleaseCall(Stream& stream);
  void ConsumeData(Stream& stream, std::size_t bytes);
  void CheckRequestTime(Stream& stream);

  // Answering: session_answer.cc.
  void Complete(Stream& stream, Answer answer);
  void Resume(Stream& stream);
  void Refuse(Stream& stream, rpc::StatusCode code, std::string_view message);
  void RefuseWithHttpStatus(Stream& stream, std::string_view status);
  void Send(Stream& stream, Answer answer);
  void SendStatusOnly(Stream& stream, Answer::Form form);
  void SendHeaders(Stream& stream);
  void SendTrailers(Stream& stream);
  rpc::RpcStatus AddMessage(Stream& stream, Bytes message);
  void PullMessages(Stream& stream, std::size_t bytes);
  long ReadReply(Stream& stream, std::size_t bytes_max, std::uint32_t& flags);
  bool WriteReply(Stream& stream, BytesView frame_header, std::size_t bytes);

  void ResetStalled(Stream& stream);
  void AddScore(std::int64_t points);
  void BecomeAbusive();
  void MarkOutput();
  void Unlink(std::vector<std::shared_ptr<Stream>>& list, Stream& stream);
  void ContinueDrain();

  Environment& environment_;
  SessionHost& host_;
  const std::shared_ptr<const Origin> origin_;  // Shared with the call handles.
  nghttp2_session* nghttp2_ = nullptr;          // Owned.
  std::vector<std::shared_ptr<Stream>> open_;
  std::vector<std::shared_ptr<Stream>> abandoned_;  // Reset; their handlers still work.
  std::deque<Stream*> waiting_;                     // Open ones that want room, in order.
  Timer room_timer_;                                // Armed while there are any.
  std::size_t call_bytes_ = 0;                      // Of all streams, as ChargeCall counts.
  std::size_t room_bytes_ = 0;                      // Of all streams, as TakeRoom counts.
  Output output_;
  std::size_t queued_bytes_ = 0;  // In `pending` of all streams.
  std::size_t fed_data_bytes_ = 0;

  std::int64_t now_ns_;  // When the current method was called.
  std::int64_t last_received_ns_;
  std::int64_t ping_sent_ns_ = 0;  // 0 if no keepalive PING is under way.
  std::int64_t score_ = 0;
  std::int64_t score_leaked_ns_;
  std::int64_t drain_began_ns_ = 0;

  enum class DrainState : std::uint8_t { kNone, kNoticed, kLast };
  DrainState drain_state_ = DrainState::kNone;
  bool output_is_marked_ = false;
  bool preface_received_ = false;
  bool is_abusive_ = false;
  bool is_bulk_ = false;
  bool was_fed_secrets_ = false;
  bool is_closing_ = false;  // No stream gets room any more.
  bool is_giving_room_ = false;
  bool has_failed_ = false;  // Nothing more is read; what is queued is still sent.
  bool is_dead_ = false;     // Nothing more is sent.
};

}  // namespace immudb::http2
