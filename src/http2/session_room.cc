// The part of Session that decides what requests may hold.
//
// A call is charged for its stream and metadata, and a request that fits the first window for its
// bytes as they arrive: to the ledger of calls, but for a little of each connection that is free,
// so that a few small calls are answered however full the ledger is. A large request is charged
// whole to the ledger of requests before more than the first window of it is let in: it waits for
// room, and its peer for the window, instead of being refused. One connection gets a share of
// either ledger. Room is held until the call is answered, which bounds what handlers hold.

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kMsPerSecond = 1000;

// The connections that can use a ledger up between them.
constexpr std::size_t kShares = 4;

// Room may come free on other connections, which don't tell.
constexpr std::int64_t kRoomPollNs = 2 * TimerWheel::kTickNs;

bool IsOverShare(const ByteLedger& ledger, std::size_t held_bytes, std::size_t more_bytes) {
  return held_bytes > 0 && held_bytes + more_bytes > ledger.limit_bytes() / kShares;
}

}  // namespace

bool Session::ChargeCall(Stream& stream, std::size_t bytes) {
  const std::size_t total = call_bytes_ + bytes;
  if (total > environment_.limits.connection_free_bytes) {
    ByteLedger& ledger = *environment_.call_bytes;
    if (IsOverShare(ledger, call_bytes_, bytes)) return false;
    if (stream.call_charge.bytes() == 0) stream.call_charge = ByteCharge(ledger);
    if (!stream.call_charge.Grow(bytes)) return false;
  }
  call_bytes_ = total;
  stream.call_bytes += bytes;
  return true;
}

void Session::ReleaseCall(Stream& stream) {
  call_bytes_ -= std::exchange(stream.call_bytes, 0);
  stream.call_charge = ByteCharge();
}

void Session::WantRoom(Stream& stream, std::size_t more_bytes) {
  if (stream.room_wanted_bytes == 0) {
    stream.progress_ns = now_ns_;
    waiting_.push_back(&stream);
  }
  stream.room_wanted_bytes = std::max(stream.room_wanted_bytes, stream.room_bytes) + more_bytes;
  GiveRoomToWaiting();
}

// In order, so that who wants much is not overtaken for ever.
void Session::GiveRoomToWaiting() {
  // A call that got room may be answered at once and give it back: the outer loop goes on then.
  if (std::exchange(is_giving_room_, true)) return;
  while (!waiting_.empty() && TakeRoom(*waiting_.front())) {
    Stream& stream = *waiting_.front();
    waiting_.pop_front();
    OnRoom(stream);
  }
  is_giving_room_ = false;
  if (waiting_.empty()) {
    room_timer_.Disarm();
  } else if (!room_timer_.armed()) {
    environment_.timers.Arm(room_timer_, environment_.clock.MonotonicNs() + kRoomPollNs);
  }
}

void Session::OnRoomTimer() {
  try {
    GiveRoomToWaiting();
  } catch (const std::bad_alloc&) {
    OnNoMemory();
  }
}

bool Session::TakeRoom(Stream& stream) {
  if (stream.request_has_ended && stream.prefix[0] == 1 && !environment_.inflation.IsOpen()) {
    return false;
  }
  ByteLedger& ledger = *environment_.request_bytes;
  const std::size_t missing = stream.room_wanted_bytes - stream.room_bytes;
  if (IsOverShare(ledger, room_bytes_, missing)) return false;
  if (stream.request_charge.bytes() == 0) stream.request_charge = ByteCharge(ledger);
  if (!stream.request_charge.Grow(missing)) return false;
  stream.room_bytes += missing;
  room_bytes_ += missing;
  stream.room_wanted_bytes = 0;
  return true;
}

void Session::OnRoom(Stream& stream) {
  // The time it waited was not its peer's.
  stream.began_ns += environment_.clock.MonotonicNs() - stream.progress_ns;
  if (stream.request_has_ended) return FinishRequest(stream);
  const std::size_t window = std::min<std::size_t>(stream.message_bytes + Stream::kPrefixBytes,
                                                   environment_.limits.connection_window_bytes);
  nghttp2_session_set_local_window_size(nghttp2_, NGHTTP2_FLAG_NONE, stream.id,
                                        static_cast<std::int32_t>(window));
  nghttp2_session_consume_stream(nghttp2_, stream.id, std::exchange(stream.unconsumed_bytes, 0));
  MarkOutput();
}

void Session::ReleaseRoom(Stream& stream) {
  const bool waited = std::exchange(stream.room_wanted_bytes, 0) > 0;
  if (waited) std::erase(waiting_, &stream);  // Those behind it may want less.
  if (!waited && stream.room_bytes == 0) return;
  room_bytes_ -= std::exchange(stream.room_bytes, 0);
  if (!waiting_.empty() && !is_closing_) GiveRoomToWaiting();
}

// Frees what a request holds that no handler will see.
void Session::DropUnfinished(Stream& stream) {
  stream.request_is_wanted = false;
  if (stream.is_handed_out) return;
  stream.DropRequest();
  if (!stream.was_handed_out) rpc::Metadata().swap(stream.metadata);
  ReleaseRoom(stream);
}

void Session::ConsumeData(Stream& stream, std::size_t bytes) {
  if (stream.is_large && stream.room_bytes == 0 && stream.request_is_wanted) {
    stream.unconsumed_bytes += bytes;
  } else {
    nghttp2_session_consume_stream(nghttp2_, stream.id, bytes);
  }
}

void Session::CheckRequestTime(Stream& stream) {
  if (!stream.request_is_wanted) return;
  const Limits& limits = environment_.limits;
  if (stream.room_wanted_bytes > 0) {
    if (now_ns_ - stream.progress_ns <= limits.room_ms * kNsPerMs) return;
    return Refuse(stream, rpc::StatusCode::kResourceExhausted,
                  "too many large requests are under way; try again later");
  }
  const auto received = static_cast<std::int64_t>(stream.request.size());
  const std::int64_t allowed_ms =
      limits.request_ms + received * kMsPerSecond / limits.request_bytes_per_second;
  if (now_ns_ - stream.began_ns > allowed_ms * kNsPerMs) ResetStalled(stream);
}

}  // namespace immudb::http2
