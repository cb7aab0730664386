#include "http2/callbacks.h"

#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>
#include <tuple>

#include "base/check.h"
#include "http2/session.h"

namespace immudb::http2 {
namespace {

// Points of the abuse score; see docs/decisions/0005-network-front.md. grpc-go sends a PING for
// each lone call and a WINDOW_UPDATE for each few: what a call brings in must outweigh them.
constexpr std::int64_t kControlFramePoints = 1;
constexpr std::int64_t kSettingsPoints = 10;
constexpr std::int64_t kInvalidFramePoints = 50;
constexpr std::int64_t kDataReceivedPoints = -2;
constexpr std::int64_t kDataSentPoints = -3;
constexpr std::int64_t kCallEndedPoints = -5;

constexpr std::size_t kFrameHeaderBytes = 9;  // RFC 9113 section 4.1.

// The library's own bounds on floods.
constexpr std::size_t kContinuationsMax = 8;
constexpr std::size_t kAcksQueuedMax = 200;
constexpr std::size_t kSettingsEntriesMax = 32;

std::string_view AsText(const std::uint8_t* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

Session& SessionOf(void* user_data) {
  return *static_cast<Session*>(user_data);
}

Stream* StreamOf(nghttp2_session* nghttp2, std::int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(nghttp2, id));
}

}  // namespace

// Their parameters are libnghttp2's. NOLINTBEGIN(readability-function-size)
struct Callbacks {
  // `Callback` as libnghttp2, written in C, may call it: it never throws.
  template <auto Callback>
  struct Guarded;

  template <typename... Parameters, int (*Callback)(Parameters...)>
  struct Guarded<Callback> {
    static int Call(Parameters... parameters) {
      try {
        return Callback(parameters...);
      } catch (const std::bad_alloc&) {
        void* const user_data = std::get<sizeof...(Parameters) - 1>(std::tie(parameters...));
        SessionOf(user_data).OnNoMemory();
        return NGHTTP2_ERR_CALLBACK_FAILURE;
      }
    }
  };

  // Here and not when frames have been received, because libnghttp2 drops some before that.
  static int OnBeginFrame(nghttp2_session* /*nghttp2*/, const nghttp2_frame_hd* header,
                          void* user_data) {
    Session& session = SessionOf(user_data);
    // It has been told to go, but libnghttp2 would work through all it was fed.
    if (session.is_abusive_) return NGHTTP2_ERR_CALLBACK_FAILURE;
    session.preface_received_ = true;
    switch (header->type) {
      case NGHTTP2_HEADERS: break;
      case NGHTTP2_DATA:
        if (header->length == 0 && (header->flags & NGHTTP2_FLAG_END_STREAM) == 0) {
          session.AddScore(kControlFramePoints);
        } else {
          session.AddScore(kDataReceivedPoints);
        }
        break;
      case NGHTTP2_SETTINGS:
        session.AddScore((header->flags & NGHTTP2_FLAG_ACK) != 0 ? kControlFramePoints
                                                                 : kSettingsPoints);
        break;
      case NGHTTP2_PING:
        session.environment_.counters.pings_received.Add();
        session.AddScore(kControlFramePoints);
        break;
      default: session.AddScore(kControlFramePoints);
    }
    return 0;
  }

  static int OnInvalidFrame(nghttp2_session* /*nghttp2*/, const nghttp2_frame* /*frame*/,
                            int /*error*/, void* user_data) {
    SessionOf(user_data).AddScore(kInvalidFramePoints);
    return 0;
  }

  static int OnBeginHeaders(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    const std::int32_t id = frame->hd.stream_id;
    Stream* const stream = SessionOf(user_data).OnNewStream(id);
    if (stream == nullptr) {
      return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    }
    nghttp2_session_set_stream_user_data(nghttp2, id, stream);
    // Without RFC 7540 priorities libnghttp2 serves equal streams one after another (RFC 9218): a
    // long stream would hold up every other call of its connection.
    nghttp2_extpri priority{};
    priority.urgency = NGHTTP2_EXTPRI_DEFAULT_URGENCY;
    priority.inc = 1;
    nghttp2_session_change_extpri_stream_priority(nghttp2, id, &priority, 1);
    return 0;
  }

  static int OnHeader(nghttp2_session* nghttp2, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t /*flags*/, void* user_data) {
    Stream* const stream = StreamOf(nghttp2, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    return SessionOf(user_data).OnHeader(*stream, AsText(name, name_size),
                                         AsText(value, value_size));
  }

  static int OnFrame(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user_data) {
    Session& session = SessionOf(user_data);
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) {
      session.ping_sent_ns_ = 0;
      session.ContinueDrain();
      return 0;
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    Stream* const stream = StreamOf(nghttp2, frame->hd.stream_id);
    if (stream == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
      session.OnHeadersEnd(*stream);
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) session.OnRequestEnd(*stream);
    return 0;
  }

  static int OnDataChunk(nghttp2_session* nghttp2, std::uint8_t /*flags*/, std::int32_t id,
                         const std::uint8_t* data, std::size_t size, void* user_data) {
    // Its window at once: bytes held back by a stream that dies would be missing for ever.
    nghttp2_session_consume_connection(nghttp2, size);
    Session& session = SessionOf(user_data);
    Stream* const stream = StreamOf(nghttp2, id);
    if (stream == nullptr) return nghttp2_session_consume_stream(nghttp2, id, size);
    session.OnData(*stream, BytesView(data, size));
    session.ConsumeData(*stream, size);
    if (stream->room_bytes > 0) session.fed_data_bytes_ += size;
    return 0;
  }

  static int OnStreamClose(nghttp2_session* nghttp2, std::int32_t id, std::uint32_t /*error*/,
                           void* user_data) {
    Stream* const stream = StreamOf(nghttp2, id);
    if (stream == nullptr) return 0;
    nghttp2_session_set_stream_user_data(nghttp2, id, nullptr);
    SessionOf(user_data).OnStreamClosed(*stream);
    return 0;
  }

  static int OnFrameSent(nghttp2_session* nghttp2, const nghttp2_frame* frame, void* user_data) {
    Session& session = SessionOf(user_data);
    if (frame->hd.type == NGHTTP2_GOAWAY &&
        (frame->goaway.error_code == NGHTTP2_INTERNAL_ERROR ||
         frame->goaway.error_code == NGHTTP2_ENHANCE_YOUR_CALM)) {
      session.BecomeAbusive();  // This is how libnghttp2 ends a flood of RST_STREAM.
    }
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
    session.AddScore(kCallEndedPoints);
    Stream* const stream = StreamOf(nghttp2, frame->hd.stream_id);
    if (stream == nullptr || stream->request_has_ended) return 0;
    // Answered while the peer still sends: it may stop. Any earlier and this would overtake DATA
    // and trailers.
    return nghttp2_submit_rst_stream(nghttp2, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                     NGHTTP2_NO_ERROR);
  }

  static int SendData(nghttp2_session* /*nghttp2*/, nghttp2_frame* /*frame*/,
                      const std::uint8_t* frame_header, std::size_t size,
                      nghttp2_data_source* source, void* user_data) {
    Session& session = SessionOf(user_data);
    if (!session.WriteReply(*static_cast<Stream*>(source->ptr),
                            BytesView(frame_header, kFrameHeaderBytes), size)) {
      return NGHTTP2_ERR_WOULDBLOCK;
    }
    session.AddScore(kDataSentPoints);
    return 0;
  }

  static SessionCallbacks Make() {
    nghttp2_session_callbacks* made = nullptr;
    IMMUDB_CHECK(nghttp2_session_callbacks_new(&made) == 0);
    nghttp2_session_callbacks_set_on_begin_frame_callback(made, Guarded<OnBeginFrame>::Call);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made,
                                                                 Guarded<OnInvalidFrame>::Call);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, Guarded<OnBeginHeaders>::Call);
    nghttp2_session_callbacks_set_on_header_callback(made, Guarded<OnHeader>::Call);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, Guarded<OnFrame>::Call);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, Guarded<OnDataChunk>::Call);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, Guarded<OnStreamClose>::Call);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, Guarded<OnFrameSent>::Call);
    nghttp2_session_callbacks_set_send_data_callback(made, Guarded<SendData>::Call);
    return {made, nghttp2_session_callbacks_del};
  }
};
// NOLINTEND(readability-function-size)

const SessionCallbacks& ServerCallbacks() {
  static const SessionCallbacks callbacks = Callbacks::Make();
  return callbacks;
}

SessionOptions MakeServerOptions(const Limits& limits) {
  nghttp2_option* option = nullptr;
  IMMUDB_CHECK(nghttp2_option_new(&option) == 0);
  SessionOptions made(option, nghttp2_option_del);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_stream_reset_rate_limit(option, limits.reset_burst, limits.resets_per_second);
  nghttp2_option_set_max_continuations(option, kContinuationsMax);
  nghttp2_option_set_max_outbound_ack(option, kAcksQueuedMax);
  nghttp2_option_set_max_settings(option, kSettingsEntriesMax);
  nghttp2_option_set_no_closed_streams(option, 1);
  // It would drop `authorization: "Bearer "` silently; see OnHeader.
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
  return made;
}

}  // namespace immudb::http2
