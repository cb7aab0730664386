#include "http2/session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "http2/callbacks.h"

namespace immudb::http2 {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

// How long a draining peer has to answer the PING that follows the first GOAWAY.
constexpr std::int64_t kDrainNoticeNs = kNsPerSecond;

}  // namespace

Session::Session(Environment& environment, SessionHost& host, rpc::Peer peer)
    : environment_(environment),
      host_(host),
      origin_(std::make_shared<const Origin>(Origin{
          std::move(peer), environment.inbox, environment.call_bytes, environment.request_bytes})),
      room_timer_([](void* self) { static_cast<Session*>(self)->OnRoomTimer(); }, this),
      now_ns_(environment.clock.MonotonicNs()),
      last_received_ns_(now_ns_),
      score_leaked_ns_(now_ns_) {
  const Limits& limits = environment_.limits;
  const SessionOptions options = MakeServerOptions(limits);
  IMMUDB_CHECK(
      nghttp2_session_server_new2(&nghttp2_, ServerCallbacks().get(), this, options.get()) == 0);
  const std::array<nghttp2_settings_entry, 4> settings = {{
      {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, limits.stream_window_bytes},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, limits.header_list_bytes_max},
      {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
  }};
  IMMUDB_CHECK(
      nghttp2_submit_settings(nghttp2_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  // The setting never touches the connection's own window.
  IMMUDB_CHECK(nghttp2_session_set_local_window_size(
                   nghttp2_, NGHTTP2_FLAG_NONE, 0,
                   static_cast<std::int32_t>(limits.connection_window_bytes)) == 0);
  MarkOutput();
}

Session::~Session() {
  is_closing_ = true;
  while (!open_.empty()) OnStreamClosed(*open_.back());
  for (const auto& stream : abandoned_) stream->session = nullptr;
  nghttp2_session_del(nghttp2_);
}

void Session::Feed(BytesView bytes) {
  if (has_failed_ || is_dead_ || is_abusive_) return;
  now_ns_ = last_received_ns_ = environment_.clock.MonotonicNs();
  fed_data_bytes_ = 0;
  was_fed_secrets_ = false;
  const auto result = nghttp2_session_mem_recv(nghttp2_, bytes.data(), bytes.size());
  is_bulk_ = score_ == 0 && fed_data_bytes_ * 2 > bytes.size();
  if (result < 0) {
    // What is queued, such as the GOAWAY that says why, is still sent.
    has_failed_ = true;
    if (result == NGHTTP2_ERR_NOMEM) OnNoMemory();
    if (result != NGHTTP2_ERR_BAD_CLIENT_MAGIC && !is_dead_) BecomeAbusive();
  }
  MarkOutput();
}

void Session::Fill() {
  output_is_marked_ = false;
  if (is_dead_) return;
  now_ns_ = environment_.clock.MonotonicNs();
  if (output_.empty()) std::swap(output_, environment_.spare_output);
  while (output_.size_bytes() < environment_.limits.write_bytes_max) {
    const std::uint8_t* data = nullptr;
    const auto size = nghttp2_session_mem_send(nghttp2_, &data);
    if (size < 0) is_dead_ = true;
    if (size <= 0) break;
    output_.Append(BytesView(data, static_cast<std::size_t>(size)));
  }
}

void Session::ReleaseOutput() {
  if (output_.empty() && output_.spare_bytes() > environment_.spare_output.spare_bytes()) {
    std::swap(output_, environment_.spare_output);
  }
  if (output_.empty()) output_ = Output();
}

bool Session::finished() const {
  if (is_dead_) return true;
  if (!output_.empty()) return false;
  if (nghttp2_session_want_write(nghttp2_) != 0) return false;
  if (has_failed_ || nghttp2_session_want_read(nghttp2_) == 0) return true;
  return drain_state_ == DrainState::kLast && open_.empty();
}

void Session::Tick() {
  now_ns_ = environment_.clock.MonotonicNs();
  const Limits& limits = environment_.limits;
  for (const auto& stream : open_) {
    if (!stream->is_answered) {
      CheckRequestTime(*stream);
    } else if (!stream->is_deferred && now_ns_ - stream->progress_ns > limits.stall_ms * kNsPerMs) {
      ResetStalled(*stream);
    }
  }
  if (ping_sent_ns_ != 0) {
    if (now_ns_ - ping_sent_ns_ > limits.keepalive_ack_ms * kNsPerMs) {
      if (!is_dead_) environment_.counters.connections_silent.Add();
      is_dead_ = true;
    }
  } else if (preface_received_ && now_ns_ - last_received_ns_ > limits.keepalive_ms * kNsPerMs) {
    ping_sent_ns_ = now_ns_;
    nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, nullptr);
    MarkOutput();
  }
  if (drain_state_ == DrainState::kNoticed && now_ns_ - drain_began_ns_ >= kDrainNoticeNs) {
    ContinueDrain();
  }
}

void Session::ResetStalled(Stream& stream) {
  environment_.counters.streams_stalled.Add();
  stream.progress_ns = now_ns_;
  DropUnfinished(stream);
  nghttp2_submit_rst_stream(nghttp2_, NGHTTP2_FLAG_NONE, stream.id, NGHTTP2_CANCEL);
  MarkOutput();
}

void Session::Drain() {
  if (drain_state_ != DrainState::kNone) return;
  now_ns_ = environment_.clock.MonotonicNs();
  drain_state_ = DrainState::kNoticed;
  drain_began_ns_ = now_ns_;
  // Without calls nothing is worth a wait: one that is on its way now is named by the GOAWAY as not
  // begun, so the peer may start it elsewhere.
  if (open_.empty()) return ContinueDrain();
  // When the PING comes back, the peer has seen the notice and every call it began before is here.
  nghttp2_submit_shutdown_notice(nghttp2_);
  ping_sent_ns_ = now_ns_;
  nghttp2_submit_ping(nghttp2_, NGHTTP2_FLAG_NONE, nullptr);
  MarkOutput();
}

void Session::ContinueDrain() {
  if (drain_state_ != DrainState::kNoticed) return;
  drain_state_ = DrainState::kLast;
  nghttp2_submit_goaway(nghttp2_, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(nghttp2_), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  MarkOutput();
}

void Session::AddScore(std::int64_t points) {
  if (score_ == 0 && points <= 0) return;
  const Limits& limits = environment_.limits;
  const std::int64_t leaked =
      (now_ns_ - score_leaked_ns_) / kNsPerMs * limits.abuse_leak_per_second / 1000;
  if (leaked > 0) {
    score_ = std::max<std::int64_t>(0, score_ - leaked);
    score_leaked_ns_ = now_ns_;
  }
  score_ = std::max<std::int64_t>(0, score_ + points);
  if (score_ > limits.abuse_score_max && !is_abusive_) {
    BecomeAbusive();
    nghttp2_session_terminate_session(nghttp2_, NGHTTP2_ENHANCE_YOUR_CALM);
    MarkOutput();
  }
}

void Session::BecomeAbusive() {
  if (!std::exchange(is_abusive_, true)) environment_.counters.connections_abusive.Add();
}

void Session::OnNoMemory() {
  // Not even said to the host, which might need memory for it: finished() tells.
  if (!std::exchange(is_dead_, true)) environment_.counters.connections_without_memory.Add();
}

void Session::MarkOutput() {
  if (!std::exchange(output_is_marked_, true)) host_.OnSessionOutput();
}

void Session::Unlink(std::vector<std::shared_ptr<Stream>>& list, Stream& stream) {
  IMMUDB_CHECK(list[stream.position].get() == &stream);
  const std::shared_ptr<Stream> last = std::move(list.back());
  list.pop_back();
  if (last.get() == &stream) return;
  last->position = stream.position;
  list[stream.position] = last;
}

}  // namespace immudb::http2
